"""The engine against its plain-Python twin."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from accounts.choices import ObjectType
from accounts.sync.engine import upsert
from accounts.sync.objects import BY_TYPE
from tests.accounts.sync.twin import Twin, random_item, standing_of
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
KINDS = ["account", "contact", "opportunity"]
ALL_OPS = ["upsert", "upsert", "upsert", "update_only", "delete", "restore"]


def send(source, kind, items):
    return upsert(source=source, of=BY_TYPE[ObjectType(kind)], raw_items=items, at=AT)


def random_batch(chance, kind):
    """Items of distinct ids."""
    items = {item["external_id"]: item for item in (random_item(chance, kind, ops=ALL_OPS) for _ in range(12))}
    return list(items.values())


@pytest.mark.parametrize("seed", range(6))
def test_engine_equals_twin_on_random_batches(seed):
    chance = random.Random(seed)
    source, twin = SourceFactory(), Twin()

    for _ in range(8):
        kind = chance.choice(KINDS)
        batch = random_batch(chance, kind)
        # Within one batch `update_only` asks last: what the others name exists by then.
        for item in sorted(batch, key=lambda item: item["op"] == "update_only"):
            twin.apply(kind, item)
        results = send(source, kind, batch)
        assert {error.code for result in results for error in result.errors} <= {"not_found"}

    assert standing_of(source) == twin.standing()
