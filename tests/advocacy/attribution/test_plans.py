"""Work for few deals can read by index alone: every statement of a chunk has one for each big table it reads."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings
from django.db import connection

from advocacy.actions.attribution import attribute_changes
from advocacy.attribution import allocate, chunk, dirty, match
from advocacy.models import AttributionModelVersion, AttributionRun
from tests.advocacy.attribution.tenant import AT, deal, meet
from tests.factories.accounts import AccountFactory

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
