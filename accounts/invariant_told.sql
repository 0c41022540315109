-- Each {noun} that a source named, whose version is of the last 29 days (the outbox keeps 30): an event of that version,
-- or one that told everybody to read all of them anew, no earlier than the change. A version begins with its first row
-- of history.
WITH recent AS (
    SELECT DISTINCT pgh_obj_id FROM accounts_{noun}history WHERE pgh_created_at > now() - interval '29 days'
),
changed AS (
    SELECT o.id, o.public_id, o.version, min(h.pgh_created_at) AS at
      FROM recent r
      JOIN accounts_{noun} o ON o.id = r.pgh_obj_id
      JOIN accounts_{noun}history h ON h.pgh_obj_id = o.id AND h.version = o.version
     WHERE EXISTS (SELECT FROM accounts_externalidentity i WHERE i.{noun}_id = o.id)
     GROUP BY o.id
    HAVING min(h.pgh_created_at) > now() - interval '29 days'
),
told AS (
    SELECT object_id, max(version) AS version FROM clg_outboxevent WHERE object_type = '{noun}' GROUP BY object_id
),
resynced AS (
    SELECT max(occurred_at) AS at FROM clg_outboxevent WHERE type = '{noun}.resync_required'
)
SELECT count(*),
       count(*) FILTER (WHERE b.is_silent),
       array_agg('{noun} ' || c.public_id::text || ' version ' || c.version::text) FILTER (WHERE b.is_silent)
  FROM changed c
  LEFT JOIN told t ON t.object_id = c.public_id
 CROSS JOIN resynced r
 CROSS JOIN LATERAL (SELECT coalesce(t.version, 0) < c.version AND coalesce(r.at < c.at, true) AS is_silent) b
