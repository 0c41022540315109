"""Removing the services of one folder with all their data."""

import contextlib
import fcntl
import os
import shutil
import signal
import time

from .errors import EmbeddedError
from .folder import remove_data
from .locks import locked, supervisor_is_alive
from .places import Places
from .state import State

PATIENCE_SECONDS = 30
# Longer than the supervisor's own look at the lease, which holds it for an instant.
_LOOKS = 5


def wipe(places: Places) -> bool:
    """Remove everything; return False when there was nothing. Refuse while somebody uses it."""
    if not places.folder.is_dir():
        return False
    with locked(places.start_lock):
        _refuse_if_used(places)
        _end_supervisor(places)
        remove_data(places)
        shutil.rmtree(places.folder)
    return True


def _refuse_if_used(places: Places) -> None:
    descriptor = os.open(places.users, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for _ in range(_LOOKS):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(0.05)
    finally:
        os.close(descriptor)
    raise EmbeddedError(f"{places.folder} is in use: stop what runs there (Ctrl-C in its terminal) and try again.")


def _end_supervisor(places: Places) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while supervisor_is_alive(places):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"The servers of {places.folder} do not end; see {places.logs}.")
        if pid := State.read(places.state).pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        time.sleep(0.05)
