"""I11: the state of a grant is where its events lead, and its terms are those of the last one."""

from __future__ import annotations

from typing import Final

from clg.invariants import Invariant, look_by_sql, register

_FOLDED: Final = """
WITH steps AS (
    SELECT e.grant_id, e.sequence, e.to_state, e.from_state,
           coalesce(lag(e.to_state) OVER w, '') AS before, lag(e.sequence, 1, 0::smallint) OVER w AS previous
      FROM advocacy_grantevent e WINDOW w AS (PARTITION BY e.grant_id ORDER BY e.sequence)
),
folded AS (
    SELECT s.grant_id, (array_agg(s.to_state ORDER BY s.sequence DESC))[1] AS state,
           bool_and(s.from_state = s.before AND s.sequence = s.previous + 1) AS joins
      FROM steps s GROUP BY s.grant_id
),
judged AS (
    SELECT g.public_id, coalesce(f.joins AND f.state = g.state, false) AS holds
      FROM advocacy_grant g LEFT JOIN folded f ON f.grant_id = g.id
)
SELECT count(*), count(*) FILTER (WHERE NOT holds),
       (array_agg('grt_' || replace(public_id::text, '-', '') ORDER BY public_id) FILTER (WHERE NOT holds))[:10]
  FROM judged
"""


def register_invariants() -> None:
    register(Invariant("I11", "states of grants equal the fold of their events", look_by_sql(_FOLDED)))
