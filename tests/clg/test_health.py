"""Health: alive without a database, ready with one; nothing about us but that."""

from __future__ import annotations

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from clg.models import SweepTick


@pytest.mark.parametrize("address", ["/healthz/live", "/healthz"])
def test_live_asks_nobody(address):
    answer = Client().get(address)  # no database in this test: asking it would fail

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz/ready", "/readyz"])
def test_ready_when_all_is_there(address):
    SweepTick.objects.create(job="clg.sweep", tick=1, claimed_at=timezone.now())

    answer = Client().get(address)

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "sweeper": "ok"},
    }


@pytest.mark.django_db
def test_without_a_sweeper_it_serves_and_says_so():
    SweepTick.objects.create(job="clg.sweep", tick=1, claimed_at=timezone.now() - timezone.timedelta(seconds=121))

    answer = Client().get("/healthz/ready")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["sweeper"] == "failed"


@pytest.mark.django_db
@pytest.mark.parametrize("broken", ["database", "migrations"])
def test_not_ready_without_database_or_migrations(monkeypatch, broken):
    def unapplied():
        if broken == "database":
            raise DatabaseError("secret host name")
        return True

    monkeypatch.setattr("clg.health.has_unapplied_migrations", unapplied)

    answer = Client().get("/healthz/ready")

    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert "secret" not in answer.content.decode()
