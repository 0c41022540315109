"""The suite on real servers by URL: `python -m tests.real_services [pytest's arguments]`.

PostgreSQL 15 or later, Redis and RabbitMQ come from Debian's packages, installed when we may, and run on free
ports in a folder of their own that is gone afterwards. The suite runs once with each broker.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from clg.embedded.account import Account, service_account
from clg.embedded.child import die_with_parent

PACKAGES = ("postgresql", "redis-server", "rabbitmq-server")
OLDEST_POSTGRES = 15
START_SECONDS = 120
RABBIT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


def main(arguments: list[str]) -> int:
    if not _programs_are_there():
        _install()
    with ExitStack() as servers:
        folder = Path(servers.enter_context(tempfile.TemporaryDirectory(prefix="clg-services-")))
        folder.chmod(0o711)
        database = servers.enter_context(_postgres(folder))
        result = 0
        for name, start in (("Redis", _redis), ("RabbitMQ", _rabbitmq)):
            broker = servers.enter_context(start(folder))
            result |= _run_suite(name, {"DATABASE_URL": database, "CELERY_BROKER_URL": broker}, arguments)
    return result


def _run_suite(name: str, urls: dict[str, str], arguments: list[str]) -> int:
    _say(f"The suite with {name}: {' '.join(urls.values())}")
    command = [sys.executable, "-m", "pytest", "-n", "logical", "-m", "not nightly", *arguments]
    return subprocess.run(command, env={**os.environ, **urls}, check=False).returncode


def _programs_are_there() -> bool:
    return _postgres_bin() is not None and shutil.which("redis-server") is not None and RABBIT.exists()


def _postgres_bin() -> Path | None:
    """Return the programs of the newest PostgreSQL that is new enough."""
    found = {
        int(path.parent.parent.name): path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")
        if path.parent.parent.name.isdigit()
    }
    newest = max(found, default=0)
    return found[newest] if newest >= OLDEST_POSTGRES else None


def _install() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(f"Install these packages first, or run as root on Debian: {' '.join(PACKAGES)}")
    _say(f"Installing {' '.join(PACKAGES)} ...")
    # Runlevel 1: the packages' own services stay stopped.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for step in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
        subprocess.run(["apt-get", *step], env=environment, stdout=subprocess.DEVNULL, check=True)
    if not _programs_are_there():
        sys.exit(f"This system has no PostgreSQL {OLDEST_POSTGRES} or later, Redis and RabbitMQ of its own.")


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    programs, port, account = _postgres_bin(), free_port(), service_account(folder / "postgres")
    assert programs is not None
    data = folder / "postgres"
    data.mkdir(mode=0o700)
    if account.is_other:
        os.chown(data, account.uid, account.gid)
    initdb = [programs / "initdb", "-D", data, "-U", "clg", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
    _run_as(account, initdb, folder / "initdb.log")
    command = [
        programs / "postgres", "-D", data, "-p", port, "-k", data, "-c", "listen_addresses=127.0.0.1",
        "-c", "fsync=off", "-c", "max_connections=200", "-c", "max_locks_per_transaction=128", "-c", "timezone=UTC",
    ]  # fmt: skip
    with _server(command, folder / "postgres.log", port, signal.SIGINT, account=account if account.is_other else None):
        _run_as(account, [programs / "createdb", "-h", "127.0.0.1", "-p", port, "-U", "clg", "clg"], folder / "db.log")
        yield f"postgres://clg@127.0.0.1:{port}/clg"


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    port = free_port()
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    with _server(command, folder / "redis.log", port, signal.SIGTERM):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def _rabbitmq(folder: Path) -> Iterator[str]:
    port, epmd_port = free_port(), free_port()
    (folder / "plugins").write_text("[].")
    environment = {
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(epmd_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": "clg@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "rabbit"),
        "RABBITMQ_LOG_BASE": str(folder / "rabbit-log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_CONFIG_FILE": str(folder / "none"),
        "RABBITMQ_PID_FILE": str(folder / "rabbit.pid"),
    }
    try:
        with _server([RABBIT], folder / "rabbit.log", port, signal.SIGTERM, environment=environment):
            yield f"amqp://guest:guest@127.0.0.1:{port}//"
    finally:
        # Erlang's name server detaches itself from the server that started it.
        subprocess.run(["epmd", "-port", str(epmd_port), "-kill"], capture_output=True, check=False)


@contextmanager
def _server(
    command: list[object],
    log: Path,
    port: int,
    stop: signal.Signals,
    *,
    account: Account | None = None,
    environment: dict[str, str] | None = None,
) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
            user=account.uid if account else None,
            group=account.gid if account else None,
        )
    try:
        _wait(lambda: _listens(port), process, log)
        yield
    finally:
        process.send_signal(stop)
        process.wait(START_SECONDS)


def _wait(condition: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"A server did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)


def _run_as(account: Account, command: list[object], log: Path) -> None:
    with log.open("wb") as output:
        done = subprocess.run(
            [str(part) for part in command],
            stdout=output,
            stderr=output,
            check=False,
            user=account.uid if account.is_other else None,
            group=account.gid if account.is_other else None,
        )
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{log.read_text(errors='replace')[-2000:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
