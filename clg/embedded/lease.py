"""Using the embedded services: a process holds a lease, and the servers live as long as any lease does.

A lease is a shared lock on one file. The kernel drops it however the process ends, SIGKILL included, so
nothing has to be cleaned up by the process that dies. Whoever comes first starts the supervisor; whoever
comes at the same moment waits for that start and shares its servers.
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType

from .errors import EmbeddedError
from .folder import make_service_folder
from .locks import lock, locked, supervisor_is_alive
from .places import Places
from .service import accepts
from .state import State, Wanted

START_SECONDS = 90
_SUPERVISOR = Path(__file__).with_name("start_supervisor.py")


class Lease:
    """The right to use the services of one folder, until `release()` or the end of the process.

    Child processes made by fork share it: the servers stay until the last of them has ended.
    """

    def __init__(self, places: Places, descriptor: int) -> None:
        self.places = places
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        # Closing and not unlocking: an unlock would also take the lease from forked children.
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "Lease":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def acquire(
    folder: Path | str,
    *,
    durable: bool,
    postgres: bool = True,
    broker: bool = True,
    options: Mapping[str, str] | None = None,
) -> Lease:
    """Make sure the services of `folder` run and keep them running while the lease is held.

    `durable` keeps what was committed through a crash of the machine; without it the servers are fast and
    forgetful, for tests. `options` are further PostgreSQL parameters; the first starter's hold.
    Raises EmbeddedError with a sentence that names the cause and the way out.
    """
    places = Places.of(folder)
    wanted = Wanted(durable=durable, postgres=postgres, broker=broker, options=dict(options or {}))
    make_service_folder(places)
    with locked(places.start_lock):
        descriptor = lock(places.users, fcntl.LOCK_SH)
        try:
            _ensure_running(places, wanted)
        except BaseException:
            os.close(descriptor)
            raise
    return Lease(places, descriptor)


def is_needed(environ: Mapping[str, str]) -> bool:
    """Tell whether any embedded service is needed: a URL in the environment always wins."""
    return postgres_is_needed(environ) or broker_is_needed(environ)


def postgres_is_needed(environ: Mapping[str, str]) -> bool:
    return not environ.get("DATABASE_URL")


def broker_is_needed(environ: Mapping[str, str]) -> bool:
    return not environ.get("CELERY_BROKER_URL")


def acquire_needed(folder: Path | str, *, durable: bool, environ: Mapping[str, str]) -> Lease | None:
    """Acquire the services that no URL in the environment replaces; None when there are none."""
    if not is_needed(environ):
        return None
    return acquire(
        folder,
        durable=durable,
        postgres=postgres_is_needed(environ),
        broker=broker_is_needed(environ),
    )


def _ensure_running(places: Places, wanted: Wanted) -> None:
    """Return when everything wanted answers. The caller holds the start lock and a lease."""
    deadline = time.monotonic() + START_SECONDS
    starts_left = 3
    started = False
    while time.monotonic() < deadline:
        if supervisor_is_alive(places):
            if not started:
                _ask_for_more(places, wanted)
                started = True
        else:
            _raise_failure_of_start(places, after_start=starts_left < 3, starts_left=starts_left)
            starts_left -= 1
            started = True
            wanted.write(places.wanted)
            places.state.unlink(missing_ok=True)
            _start_supervisor(places)
        state = State.read(places.state)
        if state.error:
            raise EmbeddedError(state.error)
        if state.serves(wanted):
            _check_same_user(places, state)
            # The note is as old as the supervisor's last look: a server that died since is started again by it.
            if all(accepts(path) for path in _sockets(places, wanted)):
                return
        time.sleep(0.01)
    raise EmbeddedError(f"The embedded services did not answer within {START_SECONDS} seconds; see {places.logs}.")


def _sockets(places: Places, wanted: Wanted) -> Iterator[Path]:
    if wanted.postgres:
        yield places.postgres_socket
    if wanted.broker:
        yield places.broker_socket


def _ask_for_more(places: Places, wanted: Wanted) -> None:
    running = Wanted.read(places.wanted)
    if running.durable != wanted.durable:
        kind = "durable" if running.durable else "not durable"
        raise EmbeddedError(f"{places.folder} already runs {kind}; use a folder of its own for each kind.")
    running.with_services_of(wanted).write(places.wanted)


def _raise_failure_of_start(places: Places, *, after_start: bool, starts_left: int) -> None:
    if after_start and (error := State.read(places.state).error):
        raise EmbeddedError(error)
    if not starts_left:
        raise EmbeddedError(f"The embedded services ended while starting; see {places.logs}.")


def _start_supervisor(places: Places) -> None:
    """Run the starter, which returns once the detached supervisor holds its lock."""
    with (places.logs / "supervisor.log").open("ab") as log:
        subprocess.run(  # noqa: S603  our own interpreter and file
            [sys.executable, "-I", str(_SUPERVISOR), str(places.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )


def _check_same_user(places: Places, state: State) -> None:
    if state.sockets != str(places.sockets):
        raise EmbeddedError(f"The services of {places.folder} are run by another user just now; stop them there first.")
