"""Where the embedded services of one folder keep what they own.

Everything here is computed from the folder's path alone, so Django's settings can name a socket without
starting anything. Sockets lie outside the project, because a Unix socket's path may have 107 bytes at most.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

POSTGRES_USER = "clg"
POSTGRES_DATABASE = "clg"
# Part of the socket's file name (.s.PGSQL.5432); nothing listens on a network port.
POSTGRES_PORT = 5432


@dataclass(frozen=True)
class Places:
    """The files of one folder of services, for the user who runs them."""

    folder: Path

    @classmethod
    def of(cls, folder: Path | str) -> "Places":
        return cls(Path(os.path.realpath(folder)))

    @property
    def start_lock(self) -> Path:
        """Held by the one process that is starting the services."""
        return self.folder / "start.lock"

    @property
    def users(self) -> Path:
        """Locked shared by every process that uses the services: the lease."""
        return self.folder / "users.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.folder / "supervisor.lock"

    @property
    def wanted(self) -> Path:
        return self.folder / "wanted.json"

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def data(self) -> Path:
        """A folder, or a link to one outside when the services' user cannot enter this one."""
        return self.folder / "data"

    @property
    def digest(self) -> str:
        return hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]

    @property
    def socket_root(self) -> Path:
        """Belongs to the caller, so nobody else can put a server of their own into it."""
        # A fixed folder and not TMPDIR: two processes with different environments must find one server.
        return Path("/tmp") / f"clg-{os.geteuid()}-{self.digest}"  # noqa: S108  ownership is checked at start

    @property
    def sockets(self) -> Path:
        """Mode 0700, belongs to the user the servers run as."""
        return self.socket_root / "s"

    @property
    def broker_socket(self) -> Path:
        return self.sockets / "broker"

    @property
    def postgres_socket(self) -> Path:
        return self.sockets / f".s.PGSQL.{POSTGRES_PORT}"


def postgres_socket_dir(folder: Path | str) -> Path:
    """Return the folder to give as PostgreSQL's host."""
    return Places.of(folder).sockets


def postgres_url(folder: Path | str, dbname: str = POSTGRES_DATABASE) -> str:
    """Return a URL that libpq and django-environ both read."""
    host = quote(str(postgres_socket_dir(folder)), safe="")
    return f"postgres://{POSTGRES_USER}@{host}:{POSTGRES_PORT}/{quote(dbname, safe='')}"


def broker_url(folder: Path | str, database: int = 0) -> str:
    """Return a URL for Celery's Redis transport over the private socket."""
    return f"redis+socket://{quote(str(Places.of(folder).broker_socket))}?virtual_host={database}"
