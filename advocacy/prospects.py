"""The company that an ask would serve, with its whole family: what a conflict looks at. `readiness` section 5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection

from accounts.models import Account

# Up to the top parent, then down to every subsidiary; a circle cannot trap either walk.
_FAMILY: Final = """
WITH RECURSIVE up AS (
    SELECT a.id, a.parent_id, ARRAY[a.id] AS way FROM accounts_account a WHERE a.id = %(account)s
    UNION ALL
    SELECT a.id, a.parent_id, u.way || a.id FROM up u JOIN accounts_account a ON a.id = u.parent_id
     WHERE a.id <> ALL (u.way)
),
top AS (SELECT id FROM up ORDER BY cardinality(way) DESC LIMIT 1),
down AS (
    SELECT id FROM top
    UNION
    SELECT a.id FROM down d JOIN accounts_account a ON a.parent_id = d.id
)
SELECT array_agg(DISTINCT a.id), array_remove(array_agg(DISTINCT lower(a.domain)), '')
  FROM accounts_account a WHERE a.id IN (SELECT id FROM down)
"""


@dataclass(frozen=True)
class Prospect:
    """A prospect with the keys and domains of its family: itself, its top parent and all below that."""

    account_id: int
    family: frozenset[int]
    domains: frozenset[str]


def prospect_of(account: Account) -> Prospect:
    """The family by one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_FAMILY, {"account": account.pk})
        family, domains = cursor.fetchone()
    return Prospect(account.pk, frozenset(family or [account.pk]), frozenset(domains or []))
