-- Positions dense from the oldest kept to the last given, versions of an object rising, no consumer beyond the end.
-- Events that a consumer could not handle outlive their time, so they do not count as the oldest.
WITH state AS (
    SELECT last_position FROM clg_feedstate
),
numbered AS (
    SELECT e.id, e.position, e.type, e.object_type, e.object_id, e.version,
           lead(e.position) OVER (ORDER BY e.position) AS next,
           lag(e.version) OVER (PARTITION BY e.object_type, e.object_id, e.version IS NULL ORDER BY e.position) AS former
      FROM clg_outboxevent e
     WHERE e.position IS NOT NULL
       AND e.position >= (SELECT min(k.position) FROM clg_outboxevent k
                           WHERE NOT EXISTS (SELECT FROM clg_consumerfailure f WHERE f.event_id = k.id))
),
broken AS (
    SELECT 'position ' || (n.position + 1)::text AS name
      FROM numbered n, state
     WHERE coalesce(n.next, state.last_position + 1) <> n.position + 1
     UNION ALL
    SELECT n.object_type || ' ' || n.object_id::text || ' version ' || n.version::text
      FROM numbered n
     WHERE n.version < n.former
     UNION ALL
    SELECT 'consumer ' || c.name
      FROM clg_feedconsumer c, state
     WHERE c.position > state.last_position
)
SELECT (SELECT count(*) FROM numbered), (SELECT count(*) FROM broken), (SELECT array_agg(name) FROM broken)
