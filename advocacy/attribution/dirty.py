"""What is due: claiming marks, and finding the encounters and deals they reach.

Marks are written by triggers in the writer's own transaction and vanish only with the commit of their credit. What
changed after the reader's snapshot has left a mark that the reader does not see, so it stays for the next chunk.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

from advocacy.models import AttributionDirty
from clg.session_tables import has_rows, make


def create_tables(cursor: Any) -> None:
    """Make the temporary tables of a chunk where the session does not have them, and empty them."""
    make(cursor, "chunk_set", _sql("chunk_tables.sql"))
    cursor.execute(EMPTY_TABLES)


EMPTY_TABLES = "DELETE FROM chunk_mark; DELETE FROM chunk_road; DELETE FROM chunk_deal; DELETE FROM chunk_set"


def claim(cursor: Any, limit: int) -> int:
    """Take the oldest marks into `chunk_mark`, and what stands near them of the same deals; how many there were."""
    cursor.execute(CLAIM, {"limit": limit, "near": limit * NEAR_CHUNKS})
    return int(cursor.rowcount)


# An import of 5,000 deals marks them all, then all their stages: the second marks belong to the first chunk's work.
NEAR_CHUNKS = 10

# The array keeps the plan on the primary key, whatever the statistics of a queue that fills and empties.
CLAIM = """
    WITH near AS MATERIALIZED (
        SELECT id, opportunity_id FROM advocacy_attributiondirty ORDER BY id LIMIT %(near)s
    ), oldest AS MATERIALIZED (
        SELECT id, opportunity_id FROM near ORDER BY id LIMIT %(limit)s
    ), claimed AS (
        DELETE FROM advocacy_attributiondirty
        WHERE id = ANY (ARRAY(
            SELECT id FROM oldest
            UNION ALL
            SELECT id FROM near WHERE opportunity_id IN (SELECT opportunity_id FROM oldest)
        ))
        RETURNING id, opportunity_id, encounter_id, account_id, cause, can_move_touches
    )
    INSERT INTO chunk_mark SELECT * FROM claimed
"""


def spread_marks(cursor: Any) -> None:
    """From marks to the encounters to match: `chunk_road` and `match_encounter`."""
    cursor.execute(_sql("spread.sql"))


def spread_roads(cursor: Any) -> None:
    """From the deals in `chunk_road` to every encounter that touches them or could."""
    if has_rows(cursor, "chunk_road"):
        cursor.execute(_sql("roads.sql"))


def gather_deals(cursor: Any) -> None:
    """After the match: every deal the marks name or reach, and every deal whose touches changed, with its cause."""
    cursor.execute(GATHER)


# A deal keeps the cause of its oldest mark.
GATHER = """
    INSERT INTO chunk_deal
    SELECT DISTINCT ON (opportunity_id) opportunity_id, cause
    FROM (
        SELECT m.id, m.opportunity_id, m.cause FROM chunk_mark m WHERE m.opportunity_id IS NOT NULL
        UNION ALL
        SELECT m.id, t.opportunity_id, m.cause
        FROM chunk_mark m JOIN match_touched t ON t.encounter_id = m.encounter_id
        UNION ALL
        SELECT m.id, c.opportunity_id, m.cause
        FROM chunk_mark m JOIN match_changed c ON c.encounter_id = m.encounter_id
        UNION ALL
        SELECT NULL, opportunity_id, 'match' FROM match_changed
    ) reached
    ORDER BY opportunity_id, id
"""


def mark_clock(since: dt.datetime, until: dt.datetime) -> int:
    """Mark the deals for which a moment of theirs lies in (since, until]; how many."""
    with connection.cursor() as cursor:
        cursor.execute(_sql("clock.sql"), {"since": since, "until": until})
        return int(cursor.rowcount)


def is_waiting() -> bool:
    return AttributionDirty.objects.exists()


@cache
def _sql(name: str) -> str:
    return (Path(__file__).parent / name).read_text()
