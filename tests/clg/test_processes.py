"""The crew of processes, with real ones."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from clg.processes import Crew, Program, opened_log, programs
from clg.serving import AlreadyServed, PortTaken, Site, free_port

PATIENCE_SECONDS = 20


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def crew(tmp_path: Path, said: list[str], **commands: list[str]) -> Crew:
    wanted = [Program(name, command) for name, command in commands.items()]
    return Crew(wanted, logs=tmp_path / "logs", environment={"GREETING": "hello"}, say=said.append)


def by(deadline: float) -> None:
    assert time.monotonic() < deadline, "waited in vain"


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_output_goes_to_a_log_of_the_program(tmp_path):
    code = "import os, time; print(os.environ['GREETING'], flush=True); time.sleep(60)"
    log = tmp_path / "logs" / "speaker.log"
    deadline = time.monotonic() + PATIENCE_SECONDS

    with crew(tmp_path, [], speaker=python(code)) as running:
        running.watch(lambda: by(deadline) or (log.exists() and log.read_text() == "hello\n"))

    assert log.read_text() == "hello\n"


def test_crashed_program_is_started_again_and_named(tmp_path):
    said: list[str] = []
    log = tmp_path / "logs" / "weak.log"
    deadline = time.monotonic() + PATIENCE_SECONDS

    with crew(tmp_path, said, weak=python("print('up', flush=True); raise SystemExit(3)")) as running:
        running.watch(lambda: by(deadline) or log.read_text().count("up") == 2)

    assert said[0] == f"weak ended with code 3 and is started again; its last words: {log}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_the_watch_and_every_process_with_its_children(number, tmp_path):
    note = tmp_path / "child"
    code = (
        "import subprocess, time;"
        f"child = subprocess.Popen(['sleep', '60']); open({str(note)!r}, 'w').write(str(child.pid)); time.sleep(60)"
    )
    before = signal.getsignal(number)
    deadline = time.monotonic() + PATIENCE_SECONDS

    with crew(tmp_path, [], parent=python(code), other=["sleep", "60"]) as running:
        running.watch(lambda: by(deadline) or (note.exists() and note.read_text() != ""))
        pids = [int(note.read_text()), *(member.process.pid for member in running.running.values())]
        os.kill(os.getpid(), number)
        assert running.watch() is False

    while [pid for pid in pids if is_alive(pid)]:  # the kernel takes an instant to end a killed one
        by(deadline)
    assert signal.getsignal(number) == before


def test_killed_runner_leaves_no_process(tmp_path):
    code = (
        "import sys; from pathlib import Path; from clg.processes import Crew, Program;"
        "crew = Crew([Program('sleeper', ['sleep', '61'])], logs=Path(sys.argv[1]), environment={}, say=print);"
        "crew.__enter__(); print(crew.running['sleeper'].process.pid, flush=True); crew.watch()"
    )
    runner = subprocess.Popen([*python(code), str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert runner.stdout is not None
    sleeper = psutil.Process(int(runner.stdout.readline()))

    runner.kill()
    runner.communicate()

    assert sleeper.wait(timeout=PATIENCE_SECONDS) is None


def test_large_log_is_put_aside(tmp_path, monkeypatch):
    monkeypatch.setattr("clg.processes._LOG_BYTES", 3)
    (tmp_path / "web.log").write_text("long")

    with opened_log(tmp_path / "web.log") as log:
        os.write(log, b"new")

    assert (tmp_path / "web.log").read_text() == "new"
    assert (tmp_path / "web.log.1").read_text() == "long"


def test_an_installation_is_worker_beat_sweeper_and_web(tmp_path):
    found = programs(8123, schedule=tmp_path / "beat")

    assert [program.name for program in found] == ["worker", "beat", "sweeper", "web"]
    assert found[-1].command[-1] == "clg.wsgi:application"
    assert found[-1].command[found[-1].command.index("--port") + 1] == "8123"


def test_second_server_is_told_the_address_of_the_first(tmp_path):
    site = Site(tmp_path, say=lambda sentence: None)

    with site._one_at_a_time() as note:
        os.write(note, b"http://127.0.0.1:8000")
        with pytest.raises(AlreadyServed, match=r"served already, at http://127\.0\.0\.1:8000/"):
            site.serve(None, lambda crew, address: None)


def test_taken_port_that_was_named_is_refused(tmp_path):
    """Else the address that we print would lead to the stranger's pages."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    port = listener.getsockname()[1]

    with pytest.raises(PortTaken, match=f"Port {port} is taken"):
        Site(tmp_path, print).serve(port, lambda crew, address: None)
    listener.close()


def test_taken_port_is_passed_over(monkeypatch):
    first = free_port()
    monkeypatch.setattr("clg.serving.FIRST_PORT", first)
    listener = socket.socket()
    listener.bind(("127.0.0.1", first))
    listener.listen()

    assert free_port() > first
    listener.close()
