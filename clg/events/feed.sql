-- One page of the change feed, written as JSON here: no row becomes a Python object on its way. One statement, so that
-- the state, the entries and the way to the next page are of one moment.
-- Index clg_outboxevent_position_key; the names of refs by the unique public ids of their rows.
WITH state AS MATERIALIZED (
    SELECT epoch, last_position, purged_position, least(%(after)s::bigint + %(scan)s, last_position) AS until
      FROM clg_feedstate
),
chosen AS MATERIALIZED (
    SELECT e.*
      FROM clg_outboxevent e
     WHERE e.position > %(after)s AND e.position <= (SELECT until FROM state)
       AND {admitted}
     ORDER BY e.position
     LIMIT %(limit)s
),
{entries},
way AS (
    SELECT CASE WHEN (SELECT count(*) FROM chosen) = %(limit)s THEN (SELECT max(position) FROM chosen)
                ELSE until END AS next
      FROM state
)
SELECT epoch, last_position, purged_position, next,
       (SELECT coalesce(json_agg(entry ORDER BY position), '[]')::text FROM entries),
       coalesce(extract(epoch FROM clock_timestamp() - coalesce(
           (SELECT occurred_at FROM clg_outboxevent WHERE position = next + 1),
           (SELECT occurred_at FROM clg_outboxevent WHERE position IS NULL ORDER BY id LIMIT 1))), 0)::float8
  FROM state, way
