"""I7: marks are taken up in time. I13: the parts of a score sum to it; asks: `advocacy/asks/invariants.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.db import connection

from clg.invariants import SAMPLE_SIZE, Depth, Finding, Invariant, look_by_sql, register

_WAITING: Final = (Path(__file__).parent / "invariant_waiting.sql").read_text()
_SUMS: Final = """
WITH scores AS (
    SELECT champion_id, score, parts FROM advocacy_readiness
     UNION ALL
    SELECT champion_id, new_score, parts FROM advocacy_readinesschange WHERE %(is_deep)s
),
judged AS (
    SELECT s.champion_id, s.score IS NOT DISTINCT FROM sums.points AS holds
      FROM scores s
     CROSS JOIN LATERAL (SELECT sum((part ->> 'points')::numeric) AS points
                           FROM jsonb_array_elements(s.parts) part) sums
)
SELECT count(*), count(*) FILTER (WHERE NOT j.holds),
       array_agg(DISTINCT 'cha_' || replace(c.public_id::text, '-', '')) FILTER (WHERE NOT j.holds)
  FROM judged j JOIN advocacy_champion c ON c.id = j.champion_id
"""


def register_invariants() -> None:
    register(Invariant("I7", "no mark of a score waits longer than two rounds", look_by_sql(_WAITING)))
    register(Invariant("I13", "parts of scores sum to the score", _parts))


def _parts(depth: Depth) -> Finding:
    """Scores as they stand; deeply also every score that the history remembers."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"is_deep": depth.is_deep})
        checked, breaches, names = cursor.fetchone()
    return Finding(checked, breaches, (names or [])[:SAMPLE_SIZE])
