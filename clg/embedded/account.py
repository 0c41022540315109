"""The user the servers run as: ourselves, or an unprivileged one when we are root.

PostgreSQL refuses to run as root, and its `initdb` needs a user with a name.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from .errors import EmbeddedError

# The first that exists. Not "postgres": that user may own a real server's data on this machine.
UNPRIVILEGED = ("nobody", "daemon", "postgres")


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether the servers run as somebody else than this process."""
        return self.uid != os.geteuid()

    def become(self) -> None:
        """Give up every right of root for good; only in a child process."""
        os.setgroups([])
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)

    def can_enter(self, *paths: Path) -> bool:
        """Tell whether this user reaches all of the paths, asked of the kernel rather than of mode bits."""
        child = os.fork()
        if child == 0:
            try:
                self.become()
                os._exit(0 if all(os.access(path, os.X_OK) for path in paths) else 1)
            finally:
                os._exit(2)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def service_account(data: Path) -> Account:
    """Return the user to run as; as root the owner of existing data, so that nobody is locked out of it."""
    if os.geteuid() != 0:
        return _named(os.geteuid())
    for server_data in (data / "postgres", data / "broker"):
        if server_data.exists() and server_data.stat().st_uid != 0:
            return _named(server_data.stat().st_uid)
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and this machine has no user 'nobody' to run it as: "
        "add one with useradd, or set DATABASE_URL."
    )


def _named(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedError(
            f"The user id {uid} has no name in /etc/passwd, which PostgreSQL's initdb needs: "
            "add an entry, or set DATABASE_URL."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
