"""Order independence: whatever a source pushes, any permutation and any repetition of it ends equal. `crm-sync` 16.

`update_only` and circles of parents are left out: they depend on order by nature. A further kind of push is a rule.
"""

from __future__ import annotations

import datetime as dt
import os
import random
from typing import Any, Final

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from accounts.choices import ObjectType
from accounts.sync.engine import upsert
from accounts.sync.objects import BY_TYPE
from tests.accounts.sync.twin import random_item, standing_of
from tests.factories.accounts import SourceFactory

AT: Final = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
# A nightly run takes more.
EXAMPLES: Final = int(os.environ.get("ORDER_EXAMPLES", "10"))
STEPS: Final = 15
kinds = st.sampled_from(["account", "contact", "opportunity"])
seeds = st.integers(0, 1 << 32)


class Pushes(RuleBasedStateMachine):
    """What a source sends, step by step; at the end it is sent again to another source in another order."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, dict[str, Any]]] = []

    @rule(kind=kinds, seed=seeds, op=st.sampled_from(["upsert", "upsert", "delete", "restore"]))
    def push(self, kind: str, seed: int, op: str) -> None:
        """A full or partial item; what it names may come later."""
        self.sent.append((kind, random_item(random.Random(seed), kind, ops=[op])))

    def teardown(self) -> None:
        chance = random.Random(len(self.sent))
        again = [*self.sent, *chance.choices(self.sent, k=len(self.sent) // 3)] if self.sent else []
        chance.shuffle(again)
        with transaction.atomic():
            first, second = stood_after(self.sent), stood_after(again)
            transaction.set_rollback(True)
        assert first == second


def stood_after(pushes: list[tuple[str, dict[str, Any]]]) -> Any:
    """What a new source's rows say after these pushes."""
    source: Any = SourceFactory()
    for kind, item in pushes:
        upsert(source=source, of=BY_TYPE[ObjectType(kind)], raw_items=[item], at=AT)
    return standing_of(source)


@pytest.mark.django_db
def test_any_order_and_repetition_ends_in_one_state():
    checks = list(HealthCheck)
    run_state_machine_as_test(
        Pushes,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=checks
        ),
    )
