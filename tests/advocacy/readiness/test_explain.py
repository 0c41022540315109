"""explain_score tells what the job would store, and writes nothing."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Signal
from advocacy.actions.readiness import score_readiness
from advocacy.models import Readiness
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 6, 17, 13, 30, tzinfo=dt.UTC)


@pytest.fixture
def champion():
    champion = ChampionFactory(contact__account__customer_since=None)
    Signal.objects.create(
        kind="health", account=champion.account, raw="61.5", value="61.5", observed_at=AT, source="product"
    )
    return champion


def _explain(champion, *options):
    out = StringIO()
    call_command("explain_score", "--champion", str(champion), *options, stdout=out)
    return out.getvalue()


def test_json_has_the_keys_of_the_api(champion):
    told = json.loads(_explain(champion.name_outside, "--at", AT.isoformat(), "--json"))

    signal = Signal.objects.get()
    missing = told["readiness"].pop("missing")
    assert told == {
        "id": champion.name_outside,
        "standing": "active",
        "at": "2026-06-17T13:30:00Z",
        "readiness": {
            "score": "61.50",
            "band": "unknown",
            "coverage": "12.00",
            "confidence": "12.00",
            "scored_week": "2026-06-15",
            "model_version": 1,
            "parts": [
                {
                    "kind": "health",
                    "weight": 12,
                    "value": "61.50",
                    "raw": "61.5",
                    "observed_at": "2026-06-17T13:30:00.000000Z",
                    "signal_id": signal.pk,
                    "decay": "1.000000",
                    "points": "61.50",
                    "origin": "account",
                }
            ],
        },
    }
    assert missing[0] == {"kind": "relationship", "weight": 18, "rule": "reweight"}
    assert len(missing) == 12


def test_explaining_writes_nothing_and_equals_what_is_stored(champion):
    at = timezone.now() + dt.timedelta(minutes=1)
    told = json.loads(_explain(champion.pk, "--at", at.isoformat(), "--json"))
    assert not Readiness.objects.exists()

    score_readiness(at=at)

    stored = Readiness.objects.get()
    assert told["readiness"]["parts"] == stored.parts
    assert told["readiness"]["score"] == (None if stored.score is None else str(stored.score))


def test_text_names_parts_and_what_is_missing(champion):
    text = _explain(champion.pk, "--at", AT.isoformat())

    assert "readiness 61.50 (unknown), coverage 12.00 %, confidence 12.00 %, week of 2026-06-15, weights v1" in text
    assert "  61.50  health: value 61.50, weight 12, decay 1.000000 (account)" in text
    assert "relationship: no signal, weight 18" in text
