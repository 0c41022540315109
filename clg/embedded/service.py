"""What PostgreSQL and the broker have in common for the supervisor."""

import os
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .account import Account
from .child import Child
from .errors import EmbeddedError
from .places import Places
from .programs import Programs

READY_SECONDS = 60
_LOG_BYTES = 10_000_000
_LOG_TAIL_BYTES = 2_000


@dataclass(frozen=True)
class Setting:
    """Where and how the services of one folder run."""

    places: Places
    account: Account
    data: Path
    programs: Programs
    durable: bool
    options: dict[str, str]


class Service(ABC):
    """One server: prepared once, started, watched, stopped."""

    name: str
    title: str
    socket: Path

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.folder = setting.data / self.name
        self.log = setting.places.logs / f"{self.name}.log"
        self.child: Child | None = None

    @abstractmethod
    def launch(self, log: int) -> Child:
        """Start the process on its prepared data."""

    @abstractmethod
    def answers(self, child: Child) -> bool:
        """Tell whether the server takes work."""

    @abstractmethod
    def stop(self) -> None:
        """End the process in good order; do nothing when it has ended."""

    @property
    def is_reachable(self) -> bool:
        """Tell whether the process lives and its socket stands; a clean-up of /tmp may take that from under it."""
        return self.child is not None and not self.child.has_ended and self.socket.exists()

    def prepare(self) -> None:
        """Create the data folder and remove what a killed server left in the way."""
        make_private(self.folder, self.setting.account)

    def start(self) -> None:
        """Start the server and return when it takes work."""
        self.prepare()
        with self._opened_log() as log:
            begin = os.fstat(log).st_size
            self.child = self.launch(log)
        self._wait_until_ready(self.child, begin)

    def _wait_until_ready(self, child: Child, begin: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self.answers(child):
            if child.has_ended:
                raise EmbeddedError(self.explain(self._log_since(begin)))
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{self.title} did not answer within {READY_SECONDS} s; see {self.log}.")
            time.sleep(0.01)

    def explain(self, output: str) -> str:
        """Turn what a failed program printed into a sentence with a way out."""
        if "No space left on device" in output or "Disk quota exceeded" in output:
            return f"The disk that holds {self.setting.data} is full: free some space and start again."
        if "Cannot allocate memory" in output:
            return f"There is not enough memory for {self.title}: free some and start again."
        last = " | ".join(line.strip() for line in output.splitlines()[-4:] if line.strip())
        return f"{self.title} could not start: {last or 'it ended without a word'} (log: {self.log})"

    def _log_since(self, begin: int) -> str:
        with self.log.open("rb") as log:
            log.seek(begin)
            return log.read()[-_LOG_TAIL_BYTES:].decode(errors="replace")

    @contextmanager
    def _opened_log(self) -> Iterator[int]:
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            yield log.fileno()


def accepts(path: Path) -> bool:
    """Tell whether somebody takes connections at a socket; says nothing to it."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True


def make_private(folder: Path, account: Account) -> None:
    """Create a folder with mode 0700 for the servers' user, whatever the umask; keep one that exists."""
    if folder.is_dir():
        return
    folder.mkdir(mode=0o700)
    folder.chmod(0o700)
    if account.is_other:
        os.chown(folder, account.uid, account.gid)
