"""Whatever the floors write into the outbox, the feed can tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from advocacy.actions.champion import _EVENT
from advocacy.choices import Standing
from clg.events.kinds import kinds, refs, type_names
from clg.models import OutboxEvent
from tests.advocacy.api.world import make_world

HOUSE: Final = Path(__file__).parents[3]
FLOORS: Final = ("clg", "accounts", "advocacy", "referrals", "growth")
EMITTING: Final = {"emit", "Event"}


def emitted() -> Iterator[tuple[str, str]]:
    """(place, type) of every event that is written under a name of its own, in Python and in SQL."""
    for path in (path for floor in FLOORS for path in (HOUSE / floor).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in EMITTING and isinstance(node.args[0].value, str):
                    yield path.name, node.args[0].value
    for path in (path for floor in FLOORS for path in (HOUSE / floor).rglob("*.sql")):
        text = path.read_text()
        if "INSERT INTO clg_outboxevent" in text:
            yield from ((path.name, found) for found in re.findall(r"'([a-z_]+\.[a-z_]+)'", text))


def test_every_type_that_the_code_names_is_registered():
    found = set(emitted())

    assert len(found) >= 5
    assert {(place, type) for place, type in found if type not in type_names()} == set()


def test_every_standing_of_a_champion_has_its_event():
    assert set(_EVENT) == set(Standing)
    assert set(_EVENT.values()) <= set(type_names())


@pytest.mark.django_db
def test_events_of_a_small_world_have_kind_prefix_and_refs():
    make_world()

    rows = list(OutboxEvent.objects.values_list("type", "object_type", "refs"))

    prefixes = {name for kind in kinds() for name in kind.objects}
    assert {type for type, _, _ in rows} >= {"attribution.updated", "activity.recorded", "encounter.recorded"}
    assert {type for type, _, _ in rows} <= set(type_names())
    assert {object_type for _, object_type, _ in rows} <= prefixes
    assert {name for _, _, told in rows for name in told} <= {ref.name for ref in refs()}
