"""Serving one installation on this machine: which port, one at a time, what to say when it is up."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clg.errors import DomainError
from clg.processes import Crew, Program, Say, answers, programs

FIRST_PORT: Final = 8000
PORTS: Final = 100


class AlreadyServed(DomainError):
    """This installation is served by another process already."""

    code = "already_served"


class PortTaken(DomainError):
    """Somebody else listens on the port that was named."""

    code = "port_taken"


@dataclass(frozen=True)
class Site:
    """One installation: its folder of services and logs, and how it talks to the person who started it."""

    folder: Path
    say: Say

    def serve(self, port: int | None, welcome: Callable[[Crew, str], None]) -> None:
        """Run web, worker, beat and sweeper until told to stop; call `welcome` once the pages can be opened."""
        with self._one_at_a_time() as note:
            port = chosen_port(port)
            address = f"http://127.0.0.1:{port}"
            os.write(note, address.encode())
            with self._crew(programs(port, schedule=self.folder / "beat-schedule"), address) as crew:
                if crew.watch(lambda: answers(port)):
                    welcome(crew, address)
                    crew.watch()
                self.say("Stopping ...")
        self.say("Stopped.")

    def run_only(self, name: str) -> None:
        """Run one of the processes until told to stop."""
        wanted = [program for program in programs(0, schedule=self.folder / "beat-schedule") if program.name == name]
        with self._crew(wanted, "") as crew:
            self.say(f"The {name} runs, its log: {crew.logs / name}.log. Ctrl-C stops it.")
            crew.watch()

    def _crew(self, wanted: list[Program], address: str) -> Crew:
        # Links in mails and pages lead to the port that was free, unless somebody said otherwise.
        environment = {"PUBLIC_URL": address} if address and "PUBLIC_URL" not in os.environ else {}
        return Crew(wanted, logs=self.folder / "logs", environment=environment, say=self.say)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[int]:
        """Hold the note with the address; the kernel drops the lock however we end."""
        note = os.open(self.folder / "address", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.truncate(note, 0)
            yield note
        except BlockingIOError:
            address = os.read(note, 100).decode()
            raise AlreadyServed(f"It is served already, at {address}/ - stop it there first (Ctrl-C).") from None
        finally:
            os.close(note)


def chosen_port(named: int | None) -> int:
    """The port that was named, or a free one. Raises `PortTaken`: a stranger there would answer in our place."""
    if named is not None and not _is_free(named):
        raise PortTaken(f"Port {named} is taken by another program; name another (PORT=9000) or none.")
    return named or free_port()


def free_port() -> int:
    """Return 8000 or the next port that nobody listens on."""
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        if _is_free(port):
            return port
    raise AlreadyServed(f"No port is free from {FIRST_PORT} to {FIRST_PORT + PORTS - 1}; name one: PORT=9000.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
