"""I13: an open ask holds its minutes, an ended one none; what was used is what it took."""

from __future__ import annotations

from typing import Final

from clg.invariants import Invariant, look_by_sql, register

_HELD: Final = """
WITH held AS (
    SELECT k.id, k.public_id, k.state, k.minutes, k.actual_minutes,
           coalesce(sum(e.minutes) FILTER (WHERE e.bucket = 'reserved'), 0) AS reserved,
           coalesce(sum(e.minutes) FILTER (WHERE e.bucket = 'consumed'), 0) AS consumed
      FROM advocacy_ask k LEFT JOIN advocacy_effortentry e ON e.ask_id = k.id
     GROUP BY k.id
),
judged AS (
    SELECT h.public_id,
           h.reserved = CASE WHEN h.state IN ('reserved', 'sent', 'accepted') THEN h.minutes ELSE 0 END
           AND CASE h.state WHEN 'done' THEN h.consumed = h.actual_minutes
                            WHEN 'logged' THEN h.consumed = h.minutes
                            WHEN 'missed' THEN h.consumed IN (0, 15)
                            WHEN 'withdrawn' THEN h.consumed IN (0, 15)
                            ELSE h.consumed = 0 END AS holds
      FROM held h
)
SELECT count(*), count(*) FILTER (WHERE NOT holds),
       (array_agg('ask_' || replace(public_id::text, '-', '') ORDER BY public_id) FILTER (WHERE NOT holds))[:10]
  FROM judged
"""


def register_invariants() -> None:
    register(Invariant("I13", "open asks hold their minutes, ended ones none", look_by_sql(_HELD)))
