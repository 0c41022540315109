"""Where the services live: what they create, what they leave alone, what they refuse."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from clg.embedded import EmbeddedError, acquire, acquire_needed, postgres_url
from clg.embedded.places import Places
from clg.embedded.programs import package_folder
from clg.embedded.wipe import wipe
from tests.clg.embedded.conftest import clean
from tests.clg.embedded.watch import running_in, until

pytestmark = pytest.mark.services


def modes(folder: Path) -> dict[Path, tuple[int, int, int]]:
    return {parent: (parent.stat().st_mode, parent.stat().st_uid, parent.stat().st_gid) for parent in folder.parents}


@pytest.fixture
def private(base: Path) -> Iterator[Path]:
    """A folder in a private home, with a long path, spaces, quotes and more than ASCII."""
    project = base / "home" / ("a long 'project' äöü " * 9) / ('and its "folder"' * 8)
    project.mkdir(parents=True)
    (base / "home").chmod(0o700)
    folder = project / ".services" / "x"
    yield folder
    clean(folder)


def test_parents_of_a_private_project_keep_their_permissions(private):
    before = modes(private.parents[1] / "x")

    with acquire(private, durable=False), psycopg.connect(postgres_url(private)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    assert modes(private.parents[1] / "x") == before


def test_data_lies_in_the_project_where_the_servers_may_go(services):
    with acquire(services, durable=False):
        data = (services / "data" / "postgres").stat()

    assert stat.S_IMODE(data.st_mode) == 0o700
    assert not (services / "data").is_symlink()


def test_only_what_no_url_replaces_is_started(services):
    lease = acquire_needed(services, durable=False, environ={"DATABASE_URL": "postgres://elsewhere/clg"})

    assert running_in(services, "bin/postgres") == []
    assert len(running_in(services, "valkey-server")) == 1
    lease.release()


def test_nothing_is_started_when_urls_replace_everything(services):
    environ = {"DATABASE_URL": "postgres://elsewhere/clg", "CELERY_BROKER_URL": "redis://elsewhere/0"}

    assert acquire_needed(services, durable=False, environ=environ) is None
    assert not services.exists()


def test_a_second_caller_adds_what_it_needs(services):
    with acquire(services, durable=False, postgres=False):
        assert running_in(services, "bin/postgres") == []
        with acquire(services, durable=False, broker=False):
            assert len(running_in(services, "bin/postgres")) == 1
            assert len(running_in(services, "start_supervisor")) == 1


def test_durable_and_forgetful_do_not_share_a_folder(services):
    with acquire(services, durable=False, postgres=False), pytest.raises(EmbeddedError, match="runs not durable"):
        acquire(services, durable=True)


@pytest.mark.parametrize(("durable", "setting"), [(True, "on"), (False, "off")])
def test_durability_is_what_was_asked_for(durable, setting, services):
    options = {"work_mem": "7MB"}
    with (
        acquire(services, durable=durable, broker=False, options=options),
        psycopg.connect(postgres_url(services)) as connection,
    ):
        found = connection.execute("SELECT current_setting('fsync'), current_setting('work_mem')").fetchone()

    assert found == (setting, "7MB")


def test_servers_end_when_their_folder_is_removed(services):
    with acquire(services, durable=False, postgres=False):
        shutil.rmtree(services)

        until(lambda: not running_in(services), seconds=5)


def test_data_of_another_major_version_is_refused_with_a_way_out(services):
    cluster = make_cluster(services)
    (cluster / "PG_VERSION").write_text("17\n")

    with pytest.raises(EmbeddedError, match=r"written by PostgreSQL 17, but 18 is installed.*make demo-reset"):
        acquire(services, durable=False)

    assert running_in(services, "bin/postgres") == []
    assert (cluster / "PG_VERSION").read_text() == "17\n"


def test_half_made_cluster_is_made_again(services):
    with acquire(services, durable=False, postgres=False):
        draft = services / "data" / "postgres.new"
        draft.mkdir()
        (draft / "PG_VERSION").write_text("18\n")
        with acquire(services, durable=False), psycopg.connect(postgres_url(services)) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("clg",)
        assert not draft.exists()


def test_note_of_a_dead_server_whose_number_another_program_has(services):
    cluster = make_cluster(services)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (cluster / "postmaster.pid").write_text(f"{stranger.pid}\n{cluster}\n1\n5432\n/tmp\n\n\nready\n")

        with acquire(services, durable=False), psycopg.connect(postgres_url(services)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert stranger.poll() is None
        stranger.kill()


def test_foreign_socket_folder_is_refused(services):
    root = Places.of(services).socket_root
    root.mkdir()
    root.chmod(0o777)

    with pytest.raises(EmbeddedError, match="is not the private folder it should be"):
        acquire(services, durable=False)

    assert stat.S_IMODE(root.stat().st_mode) == 0o777


def test_file_in_the_place_of_the_folder_is_refused(base):
    (base / "taken").touch()

    with pytest.raises(EmbeddedError, match="Cannot create .*taken/x: Not a directory"):
        acquire(base / "taken" / "x", durable=False)


def test_failed_start_leaves_no_process_and_no_lease(services):
    with pytest.raises(EmbeddedError, match="PostgreSQL could not start: .*no_such_setting"):
        acquire(services, durable=False, options={"no_such_setting": "1"})

    until(lambda: not running_in(services), seconds=5)
    acquire(services, durable=False).release()


def test_missing_wheel_is_named():
    with pytest.raises(EmbeddedError, match="no-such-wheel is not installed: run `make setup`, or set DATABASE_URL"):
        package_folder("no_such_wheel", "no-such-wheel", "DATABASE_URL")


def test_lease_lasts_through_a_fork(services):
    lease = acquire(services, durable=False, postgres=False)
    child = os.fork()
    if child == 0:
        signal.pause()

    lease.release()

    with pytest.raises(AssertionError, match="waited in vain"):
        until(lambda: not running_in(services), seconds=1.2)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    until(lambda: not running_in(services), seconds=5)


def test_wipe_removes_data_inside_and_outside_the_project(private):
    acquire(private, durable=False, broker=False).release()
    data = Path(os.path.realpath(private / "data"))

    assert wipe(Places.of(private)) is True

    assert not data.exists()
    assert not private.exists()
    assert running_in(private) == []
    assert wipe(Places.of(private)) is False


def test_wipe_refuses_while_the_services_are_used(services):
    with acquire(services, durable=False, postgres=False):
        with pytest.raises(EmbeddedError, match="is in use: stop what runs there"):
            wipe(Places.of(services))

        assert len(running_in(services, "valkey-server")) == 1


def make_cluster(services: Path) -> Path:
    """Make a cluster and wait until its servers have ended."""
    acquire(services, durable=False, broker=False).release()
    until(lambda: not running_in(services), seconds=5)
    return services / "data" / "postgres"
