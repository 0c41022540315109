"""A postmaster whose supervisor was killed: ending it before a new one takes its data."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from .errors import EmbeddedError


def end_leftover(cluster: Path) -> None:
    """End the postmaster that still runs on `cluster`, and drop its note.

    The caller holds the supervisor's lock, so such a server belongs to nobody. A process id in the note
    that another program has meanwhile (usual after the restart of a container) would make PostgreSQL refuse.
    """
    note = cluster / "postmaster.pid"
    try:
        pid = int(note.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    for number in (signal.SIGQUIT, signal.SIGKILL):
        if not _is_postmaster(pid, cluster):
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        _wait_for_end(pid, cluster)
    if _is_postmaster(pid, cluster):
        raise EmbeddedError(f"An old PostgreSQL server, process {pid}, does not end: end it by hand.")
    note.unlink(missing_ok=True)


def _wait_for_end(pid: int, cluster: Path, patience: float = 5.0) -> None:
    deadline = time.monotonic() + patience
    while _is_postmaster(pid, cluster) and time.monotonic() < deadline:
        time.sleep(0.02)


def _is_postmaster(pid: int, cluster: Path) -> bool:
    return os.fsencode(cluster) in _command_line(pid)


def _command_line(pid: int) -> bytes:
    """Return the arguments of a process, empty when it has ended."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return b""
    listing = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(listing, capture_output=True, check=False).stdout  # noqa: S603  constant program
