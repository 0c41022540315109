"""Server processes that cannot outlive the supervisor."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .account import Account

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
# Loaded before any fork: between fork and exec nothing may be imported.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Launch:
    """How to run one program: as whom, where, and which signal reaches it when the supervisor is killed."""

    account: Account
    folder: Path
    death_signal: signal.Signals = signal.SIGKILL

    def start(self, command: Sequence[str], *, log: int) -> "Child":
        process = subprocess.Popen(  # noqa: S603  programs of our own wheels
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self.folder,
            env=_environment(),
            # After the change of user, which clears a death signal set before it.
            preexec_fn=die_with_parent(self.death_signal),
            user=self._user,
            group=self._group,
            extra_groups=self._extra_groups,
        )
        return Child(process)

    def run(self, command: Sequence[str], *, stdin: str = "") -> tuple[int, str]:
        """Run a program to its end; return its exit code and all it printed."""
        done = subprocess.run(  # noqa: S603  programs of our own wheels
            command,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            cwd=self.folder,
            env=_environment(),
            preexec_fn=die_with_parent(self.death_signal),
            user=self._user,
            group=self._group,
            extra_groups=self._extra_groups,
        )
        return done.returncode, done.stdout

    @property
    def _user(self) -> int | None:
        return self.account.uid if self.account.is_other else None

    @property
    def _group(self) -> int | None:
        return self.account.gid if self.account.is_other else None

    @property
    def _extra_groups(self) -> list[int] | None:
        return [] if self.account.is_other else None


@dataclass
class Child:
    process: "subprocess.Popen[bytes]"
    started_at: float = field(default_factory=time.monotonic)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def stop(self, *steps: tuple[signal.Signals, float]) -> None:
        """Send each signal in turn, with its seconds of patience, until the process has ended."""
        for number, patience in (*steps, (signal.SIGKILL, 5.0)):
            if self.has_ended:
                return
            self.process.send_signal(number)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                continue


def adopt_orphans() -> None:
    """Make processes whose parent was killed our children, so that none of them escapes."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_orphans(known: set[int], *, patience: float = 2.0) -> None:
    """Wait for adopted processes to end by themselves, then kill those that stay."""
    deadline = time.monotonic() + patience
    while orphans := _children() - known:
        for pid in orphans:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.01)


def _children() -> set[int]:
    listing = Path(f"/proc/self/task/{os.getpid()}/children")
    return {int(pid) for pid in listing.read_text().split()} if listing.exists() else set()


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def ask_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask_kernel


def _environment() -> dict[str, str]:
    """A bare environment: PGPORT, PGOPTIONS or a locale of the caller must not reach the servers."""
    bare = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    if "LD_LIBRARY_PATH" in os.environ:
        bare["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return bare
