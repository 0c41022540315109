"""Life and death of the embedded services, with real processes: nothing here is imitated."""

from __future__ import annotations

import select
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from clg.embedded.places import POSTGRES_PORT, POSTGRES_USER, Places
from clg.embedded.state import State
from tests.clg.embedded.people import Person
from tests.clg.embedded.watch import running_in, until

pytestmark = pytest.mark.services


class Owners:
    """Owner processes of one person on one folder."""

    def __init__(self, who: Person, folder: Path) -> None:
        self.who = who
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []

    def start(self, count: int = 1, *mode: str) -> list[subprocess.Popen[str]]:
        owners = [self.who.start_owner(self.folder, *mode) for _ in range(count)]
        self.started += owners
        assert [owner.stdout.readline() for owner in owners if owner.stdout] == ["ready\n"] * count
        return owners

    @property
    def sockets(self) -> Path:
        root = Places.of(self.folder).socket_root
        return root.with_name(f"clg-{self.who.uid}-{Places.of(self.folder).digest}") / "s"

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets), port=POSTGRES_PORT, user=POSTGRES_USER, dbname="clg", autocommit=True
        )


@pytest.fixture
def owners(who: Person, services: Path) -> Iterator[Owners]:
    crew = Owners(who, services)
    yield crew
    for owner in crew.started:
        owner.kill()
        owner.communicate()


def test_services_answer_on_private_sockets_only(owners, services):
    owners.start()

    with owners.connect() as connection:
        found = connection.execute(
            "SELECT current_setting('TimeZone'), pg_encoding_to_char(encoding), datlocale, upper('ä')"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert found == ("UTC", "UTF8", "C.UTF-8", "Ä")
    servers = [*running_in(services, "bin/postgres"), *running_in(services, "valkey-server")]
    assert len(servers) == 2
    assert [server.net_connections("inet") for server in servers] == [[], []]
    assert 0 not in {server.uids().effective for server in servers}
    assert stat.S_IMODE(owners.sockets.stat().st_mode) == 0o700


@pytest.mark.parametrize("attempt", range(2))
def test_starters_at_once_share_one_server(attempt, owners, services):
    first, second = owners.start(2)

    assert len(running_in(services, "bin/postgres")) == 1
    assert len(running_in(services, "valkey-server")) == 1
    assert len(running_in(services, "start_supervisor")) == 1


def test_services_stay_until_the_last_owner_ends(owners, services):
    first, second = owners.start(2)

    first.kill()
    first.wait()

    with pytest.raises(AssertionError, match="waited in vain"):
        until(lambda: not running_in(services), seconds=1.5)
    second.kill()
    until(lambda: not running_in(services), seconds=5)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_ended_owner_leaves_no_process(number, owners, services):
    (owner,) = owners.start()

    owner.send_signal(number)

    until(lambda: not running_in(services), seconds=5)
    assert not owners.sockets.parent.exists()
    said = State.read(Places.of(services).state)
    assert (said.postgres, said.broker) == (False, False)


def test_killed_postgres_comes_back_with_what_was_committed(owners, services):
    owners.start(1, "durable")
    with owners.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    (postmaster,) = running_in(services, "bin/postgres")

    postmaster.kill()

    until(lambda: running_in(services, "bin/postgres") not in ([], [postmaster]))
    owners.start(1, "durable")
    with owners.connect() as connection:
        assert connection.execute("SELECT answer FROM kept").fetchall() == [(42,)]


def test_who_comes_before_a_death_is_noticed_waits_for_the_new_server(owners, services):
    """The supervisor stands still while PostgreSQL dies and somebody comes, so its note says that all is well."""
    owners.start(1, "durable")
    (supervisor,) = running_in(services, "start_supervisor")
    (postmaster,) = running_in(services, "bin/postgres")
    supervisor.suspend()
    postmaster.kill()
    late = owners.who.start_owner(services, "durable")
    owners.started.append(late)

    assert State.read(Places.of(services).state).postgres
    ready, _, _ = select.select([late.stdout], [], [], 1.5)
    supervisor.resume()

    assert ready == []
    assert late.stdout.readline() == "ready\n"
    with owners.connect() as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_sockets_that_a_clean_up_took_come_back(owners, services):
    owners.start(1, "durable")
    shutil.rmtree(owners.sockets.parent)

    owners.start(1, "durable")

    with owners.connect() as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    assert len(running_in(services, "bin/postgres")) == 1


def test_killed_supervisor_leaves_no_process_and_the_next_start_recovers(owners, services):
    owners.start(1, "durable")
    with owners.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    (supervisor,) = running_in(services, "start_supervisor")

    supervisor.kill()

    until(lambda: not running_in(services), seconds=5)
    owners.start(1, "durable")
    with owners.connect() as connection:
        assert connection.execute("SELECT answer FROM kept").fetchall() == [(42,)]


def test_everything_killed_at_once_leaves_no_process(owners, services):
    (owner,) = owners.start()
    (supervisor,), (postmaster,) = running_in(services, "start_supervisor"), running_in(services, "bin/postgres")
    # A backend that is busy and does not look round for its parent.
    connection = owners.connect()
    connection.execute("SET statement_timeout = 0")
    connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 4000000) a")

    for process in (owner, supervisor, postmaster):
        process.kill()

    until(lambda: not running_in(services), seconds=10)
    connection.close()
