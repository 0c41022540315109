"""The processes of one machine under one roof: started together, restarted when they crash, ended together.

For the demo and development. In production the machine's own manager runs each of them (`docs/operations.md`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final

from clg.embedded.child import die_with_parent

TICK_SECONDS: Final = 0.2
# Work that is cut off here is not lost: a task is acknowledged when it is done.
STOP_SECONDS: Final = 10
LONGEST_PAUSE_SECONDS: Final = 30
# A process that lived this long starts again at once.
SETTLED_SECONDS: Final = 60
_LOG_BYTES: Final = 10_000_000
_MANAGE: Final = Path(__file__).parents[1] / "manage.py"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Program:
    """One process to run."""

    name: str
    command: Sequence[str]


def programs(port: int, *, schedule: Path, web_workers: int = 2) -> list[Program]:
    """Return what an installation consists of, web last, so that the others are up when people come."""
    celery = [sys.executable, "-m", "celery", "-A", "clg"]
    cores = str(os.cpu_count() or 1)
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--port", str(port)]
    return [
        Program("worker", [*celery, "worker", "-Q", "clg,webhooks", "--loglevel", "INFO", "--concurrency", cores]),
        Program("beat", [*celery, "beat", "--loglevel", "INFO", "--schedule", str(schedule), "--pidfile="]),
        # The net under the broker: what no message woke, a round of the outbox finds.
        Program("sweeper", [sys.executable, str(_MANAGE), "run_outbox"]),
        Program("web", [*web, "--workers", str(web_workers), "clg.wsgi:application"]),
    ]


@dataclass
class _Running:
    program: Program
    process: subprocess.Popen[bytes]
    started_at: float = field(default_factory=time.monotonic)
    pause: float = 1.0
    due_at: float | None = None


class Crew:
    """Runs programs, each in a process group of its own, its output in `logs`/<name>.log."""

    def __init__(self, programs: Sequence[Program], *, logs: Path, environment: Mapping[str, str], say: Say) -> None:
        self.programs = programs
        self.logs = logs
        self.environment = {**os.environ, **environment}
        self.say = say
        self.running: dict[str, _Running] = {}
        self.told_to_stop = 0
        self.handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Crew:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.handlers[number] = signal.signal(number, self._note_signal)
        self.logs.mkdir(parents=True, exist_ok=True)
        for program in self.programs:
            self.running[program.name] = _Running(program, self._start(program))
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_all()
        for number, handler in self.handlers.items():
            signal.signal(number, handler)

    def watch(self, until: Callable[[], bool] = lambda: False) -> bool:
        """Keep the programs alive; return True when `until` holds, False when told to stop."""
        while not self.told_to_stop:
            for member in self.running.values():
                self._look_after(member)
            if until():
                return True
            time.sleep(TICK_SECONDS)
        return False

    def _note_signal(self, *_: object) -> None:
        self.told_to_stop += 1

    def _start(self, program: Program) -> subprocess.Popen[bytes]:
        with opened_log(self.logs / f"{program.name}.log") as log:
            return subprocess.Popen(  # noqa: S603  our own programs
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,  # Ctrl-C reaches this process only, which ends the others in order
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    def _look_after(self, member: _Running) -> None:
        """Notice an end, wait a little longer after each, start again."""
        now = time.monotonic()
        if member.due_at is None:
            if (code := member.process.poll()) is None:
                return
            _kill_group(member.process)
            member.pause = 1.0 if now - member.started_at > SETTLED_SECONDS else member.pause * 2
            member.due_at = now + min(member.pause, LONGEST_PAUSE_SECONDS) - 1
            log = self.logs / f"{member.program.name}.log"
            self.say(f"{member.program.name} ended with code {code} and is started again; its last words: {log}")
        elif now >= member.due_at:
            member.process, member.started_at, member.due_at = self._start(member.program), now, None

    def _stop_all(self) -> None:
        """Ask everybody to finish, wait, then insist; a second Ctrl-C shortens the wait."""
        alive = [member.process for member in self.running.values() if member.process.poll() is None]
        for process in alive:
            process.terminate()
        deadline, asked = time.monotonic() + STOP_SECONDS, self.told_to_stop
        while any(process.poll() is None for process in alive):
            if time.monotonic() > deadline or self.told_to_stop > max(asked, 1):
                break
            time.sleep(0.05)
        for process in alive:
            _kill_group(process)
            process.wait()


@contextmanager
def opened_log(path: Path) -> Iterator[int]:
    """A log file to append to; one that grew large is put aside, one of them kept."""
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    with path.open("ab") as log:
        yield log.fileno()


def answers(port: int) -> bool:
    """Tell whether the web process on this machine serves pages."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz/live")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End what a process left in its group, whether it still lives or not."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
