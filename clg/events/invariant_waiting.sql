-- Leases that ended more than 5 minutes ago and were not taken over, and, while the sweeper runs, events that are not
-- numbered, or not read, 5 minutes after they happened.
WITH swept AS (
    SELECT FROM clg_sweeptick WHERE job = 'clg.sweep' AND claimed_at > now() - interval '5 minutes' LIMIT 1
),
late AS (
    SELECT e.position FROM clg_outboxevent e
     WHERE e.occurred_at < now() - interval '5 minutes' AND EXISTS (SELECT FROM swept)
),
broken AS (
    SELECT 'lease of ' || c.name AS name
      FROM clg_feedconsumer c
     WHERE c.lease_until < now() - interval '5 minutes'
     UNION ALL
    SELECT 'events without position' FROM late WHERE late.position IS NULL HAVING count(*) > 0
     UNION ALL
    SELECT 'consumer ' || c.name
      FROM clg_feedconsumer c
     WHERE c.position < (SELECT max(late.position) FROM late)
)
SELECT (SELECT count(*) FROM clg_feedconsumer) + (SELECT count(*) FROM late),
       (SELECT count(*) FROM broken), (SELECT array_agg(name) FROM broken)
