from __future__ import annotations

import os
from pathlib import Path

import pytest

from clg.embedded import broker_url, is_needed, postgres_is_needed, postgres_socket_dir, postgres_url
from clg.embedded.lease import broker_is_needed
from clg.embedded.places import Places
from clg.settings.base import database

LONGEST_SOCKET_PATH = 107


@pytest.mark.parametrize("name", ["short", "with spaces and 'quotes'", "ü" * 100, "/".join(["long"] * 100)])
def test_socket_paths_fit_the_kernel(name, tmp_path):
    places = Places.of(tmp_path / name)

    assert len(os.fsencode(places.postgres_socket)) <= LONGEST_SOCKET_PATH
    assert len(os.fsencode(places.broker_socket)) <= LONGEST_SOCKET_PATH


def test_socket_folder_is_the_same_through_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    assert postgres_socket_dir(tmp_path / "link" / "x") == postgres_socket_dir(tmp_path / "real" / "x")


def test_socket_folders_of_two_folders_differ(tmp_path):
    assert postgres_socket_dir(tmp_path / "demo") != postgres_socket_dir(tmp_path / "test")


def test_naming_the_sockets_creates_nothing(tmp_path):
    folder = tmp_path / "x"

    assert not Path(postgres_socket_dir(folder)).exists()
    assert list(tmp_path.iterdir()) == []


def test_settings_read_the_postgres_url(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)

    entry = database(default=postgres_url(tmp_path, "clg"))

    assert (entry["HOST"], entry["PORT"], entry["USER"], entry["NAME"], entry["PASSWORD"]) == (
        str(postgres_socket_dir(tmp_path)),
        5432,
        "clg",
        "clg",
        "",
    )


def test_broker_url_names_the_socket(tmp_path):
    assert broker_url(tmp_path) == f"redis+socket://{Places.of(tmp_path).broker_socket}?virtual_host=0"


@pytest.mark.parametrize(
    ("environ", "postgres", "broker"),
    [
        ({}, True, True),
        ({"DATABASE_URL": ""}, True, True),
        ({"DATABASE_URL": "postgres://db/clg"}, False, True),
        ({"CELERY_BROKER_URL": "redis://broker/0"}, True, False),
        ({"DATABASE_URL": "postgres://db/clg", "CELERY_BROKER_URL": "redis://broker/0"}, False, False),
    ],
)
def test_a_url_in_the_environment_wins(environ, postgres, broker):
    assert (postgres_is_needed(environ), broker_is_needed(environ)) == (postgres, broker)
    assert is_needed(environ) is (postgres or broker)
