"""Real worker processes that a test may kill, stop or let meet each other."""

from __future__ import annotations

import faulthandler
import os
import signal
import time
import traceback
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection

from clg import failpoints

# Connections of the parent that a child inherits: never closed there, or the parent's session would end too.
_inherited: list[Any] = []


def start(act: Callable[[], object], *, fail_at: str = "") -> int:
    """Run `act` in a process of its own with these failpoints; its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
        _inherited.append(connection.connection)
        connection.connection = None
        connection.savepoint_ids, connection.in_atomic_block, connection.needs_rollback = [], False, False
        settings.CLG_FAILPOINTS = fail_at
        failpoints._passes.clear()
        act()
    except BaseException:  # noqa: BLE001 - the child ends here, whatever happened
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def ended(pid: int, *, within: float = 60) -> int:
    """The exit status of a process: 0, 1, or minus the signal that ended it.

    Killed when it does not end in time: the error says what every session was doing, stderr where the process stood.
    """
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGUSR1)
    sessions = _sessions()
    kill(pid)
    os.waitpid(pid, 0)
    raise TimeoutError(f"process {pid} did not end within {within} s; the sessions then:\n{sessions}")


def _sessions() -> str:
    """A line for each session of this database: state, what it waits for and whom, for how long, its statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, state, wait_event_type, wait_event, pg_blocking_pids(pid), now() - query_start, query"
            " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return "\n".join(" ".join(str(value) for value in row) for row in cursor.fetchall())
