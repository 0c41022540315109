"""Folders of services that leave nothing behind, and the people who use them."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from clg.embedded.folder import remove_data
from clg.embedded.places import Places
from tests.clg.embedded.people import Person, names_of_people, person
from tests.clg.embedded.watch import running_in, until


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder that everybody may pass through and write to, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="clg-test-", dir="/var/tmp"))
    path.chmod(0o1777)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def services(base: Path) -> Iterator[Path]:
    """A fresh folder of services; whatever runs in it at the end of the test is ended and removed."""
    folder = base / "project" / ".services" / "x"
    folder.parents[1].mkdir()
    folder.parents[1].chmod(0o1777)
    yield folder
    clean(folder)


def clean(folder: Path) -> None:
    for process in running_in(folder, "start_supervisor"):
        process.send_signal(signal.SIGTERM)
    until(lambda: not running_in(folder))
    places = Places.of(folder)
    if places.data.is_symlink():
        remove_data(places)
    # A killed supervisor leaves its empty folder of sockets, under the user who ran it.
    for left in places.socket_root.parent.glob(f"clg-*-{places.digest}"):
        shutil.rmtree(left)


@pytest.fixture(scope="session", params=names_of_people())
def who(request: pytest.FixtureRequest) -> Iterator[Person]:
    installation = Path(tempfile.mkdtemp(prefix="clg-install-", dir="/var/tmp"))
    installation.chmod(0o755)
    yield person(request.param, installation)
    shutil.rmtree(installation)
