"""Work for few deals can read by index alone: every statement of a chunk has one for each big table it reads."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings
from django.db import connection

from advocacy.actions.attribution import attribute_changes
from advocacy.attribution import allocate, chunk, dirty, match, runs
from advocacy.models import AttributionModelVersion, AttributionRun, Touch
from tests.advocacy.attribution.tenant import AT, deal, meet
from tests.factories.accounts import AccountFactory
from tests.statistics import forget_statistics

pytestmark = pytest.mark.django_db
BIG = {
    "advocacy_touch",
    "advocacy_opportunityfact",
    "advocacy_credit",
    "advocacy_creditset",
    "advocacy_credithead",
    "advocacy_encounter",
    "accounts_opportunity",
    "accounts_contact",
}


@pytest.fixture
def chunk_of_few():
    """A small ledger whose tables the planner may not read whole."""
    account = AccountFactory(domain="buyer.example")
    deals = [deal(account=account) for _ in range(3)]
    for theirs in deals:
        meet(1, opportunity=theirs)
    meet(2, buyer_account=account)
    attribute_changes(at=AT)
    with connection.cursor() as cursor:
        # Tables of a test are small and would be read whole; forbidden, they are read so only where no index serves.
        cursor.execute("SET LOCAL enable_seqscan = off")
    return deals


def walked(cursor, statements: str, parameters: dict[str, object] | None = None) -> set[str]:
    """Run the statements; the big tables that a plan of theirs reads from end to end."""
    found: set[str] = set()
    for statement in filter(str.strip, re.split(r";\n", statements)):
        body = "\n".join(line for line in statement.splitlines() if not line.startswith("--"))
        if body.lstrip().upper().startswith(("INSERT", "WITH", "UPDATE", "SELECT")):
            cursor.execute(f"EXPLAIN (FORMAT JSON) {body}", parameters)
            plan = cursor.fetchone()[0]
            found |= scans(plan if isinstance(plan, list) else json.loads(plan))
        if body.strip():
            cursor.execute(body, parameters)
    return found & BIG


def scans(node: object) -> set[str]:
    if isinstance(node, list):
        return {name for part in node for name in scans(part)}
    if not isinstance(node, dict):
        return set()
    own = {str(node["Relation Name"])} if node.get("Node Type") == "Seq Scan" else set()
    return own | {name for part in node.values() for name in scans(part)}


def test_a_small_chunk_walks_no_big_table(chunk_of_few):
    parameters = {"free_mail": sorted(settings.FREE_MAIL_DOMAINS)}
    version_ids = AttributionModelVersion.objects.filter(model__is_active=True).values_list("pk", flat=True)
    rules = chunk.rules_of(list(version_ids))
    run = {"run": AttributionRun.objects.get().pk}
    origin = {"origin_kind": "system", "origin_source": "", "origin_actor": "", "trace_id": ""}
    with connection.cursor() as cursor:
        for module in (dirty, match, allocate):
            module.create_tables(cursor)
        cursor.execute(chunk.EMPTY_BY_ROW)
        cursor.execute(
            "INSERT INTO chunk_mark SELECT n, id, NULL, NULL, 'deal', true FROM unnest(%s::bigint[])"
            " WITH ORDINALITY AS marked (id, n)",
            [[theirs.pk for theirs in chunk_of_few[:2]]],
        )
        assert walked(cursor, dirty._sql("spread.sql")) == set()
        assert walked(cursor, dirty._sql("roads.sql")) == set()
        assert walked(cursor, match._sql("match.sql"), parameters) == set()
        dirty.gather_deals(cursor)
        allocate.load_rules(cursor, rules)
        filled = {"as_of": AT, "currency": "USD", "rate_days": 45, "stages": ["proof"]}
        assert walked(cursor, chunk._sql("fill.sql"), filled) == set()
        allocate.allocate(cursor)
        for name, part in chunk._parts("write.sql").items():
            assert (name, walked(cursor, part, {**run, **origin})) == (name, set())


LEDGER = ("advocacy_creditset", "advocacy_credit", "advocacy_credithead")


@pytest.fixture
def plans_of_guards():
    """Plans of the guards' statements, as a session makes them whose ledger was known to be empty when it began."""
    found: list[str] = []
    meet(1, opportunity=deal())
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(LEDGER)}")
        cursor.execute("LOAD 'auto_explain'")
        cursor.execute("SET LOCAL auto_explain.log_min_duration = 0; SET LOCAL auto_explain.log_nested_statements = on")
        cursor.execute("SET LOCAL client_min_messages = log")
    keep = lambda notice: found.append(notice.message_primary or "")  # noqa: E731
    connection.connection.add_notice_handler(keep)
    yield found
    connection.connection.remove_notice_handler(keep)
    forget_statistics(*LEDGER)


def test_guards_look_up_each_row_by_its_key_though_the_ledger_was_empty(plans_of_guards):
    attribute_changes(at=AT)

    guards = [plan for plan in plans_of_guards if "new_rows" in plan]
    assert [name for name in LOOKED_UP if not any(f" on {name} " in plan for plan in guards)] == []
    assert [plan for plan in guards if "Join Filter" in plan or "Materialize" in plan] == []


LOOKED_UP = ("advocacy_creditset", "advocacy_touch", "advocacy_credit", "advocacy_opportunityfact")


def test_the_door_finds_unfinished_runs_without_reading_the_finished():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    assert "advocacy_run_unfinished" in runs._unfinished().explain()


@pytest.mark.parametrize("whose", ["activity", "champion"])
def test_what_an_act_earned_is_found_without_reading_all_touches(whose):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")

    assert f"advocacy_touch_{whose} " in Touch.objects.filter(**{whose: 1}).explain()
