"""explain_score tells what the job would store, and writes nothing."""

from __future__ import annotations

import datetime as dt
import json
import random
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Signal
from advocacy.actions.readiness import score_readiness
from advocacy.models import Readiness
from advocacy.readiness.explain import most_points
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


def test_no_part_gives_more_than_its_most_however_the_hundredths_fall():
    """The rounding of readiness 3.1 in plain Python, on 300 seeded champions whose signals say 100 or a little less."""
    dice = random.Random(5)

    for _ in range(300):
        parts = [
            {"kind": f"k{n}", "weight": dice.randint(1, 20), "decay": f"{dice.randint(125_000, 1_000_000) / 1e6:.6f}"}
            for n in range(dice.randint(1, 12))
        ]
        points = _largest_rests(parts, [dice.choice((10_000, 10_000, 9_950)) for _ in parts])
        given = zip(points, most_points(parts), strict=True)
        assert [pair for pair in given if pair[0] > pair[1]] == []


def test_the_most_of_an_exact_share_is_that_share():
    halves = [{"weight": 10, "decay": "1.000000"}, {"weight": 20, "decay": "0.500000"}]

    assert most_points(halves) == [Decimal("50.00"), Decimal("50.00")]


def _largest_rests(parts, values):
    """Points by kind: floors of w d v / D in hundredths, what is missing one each to the largest rests."""
    weights = [part["weight"] * int(Decimal(part["decay"]) * 1_000_000) for part in parts]
    each, whole = [w * v for w, v in zip(weights, values, strict=True)], sum(weights)
    floors = [n // whole for n in each]
    missing = (2 * sum(each) + whole) // (2 * whole) - sum(floors)
    order = sorted(range(len(parts)), key=lambda i: (-(each[i] % whole), parts[i]["kind"]))
    return [Decimal(f + (i in order[:missing])) / 100 for i, f in enumerate(floors)]
