-- Leases of deliveries that ended more than 5 minutes ago, and, while the sweeper runs, active endpoints that rest no
-- more, have work that is due since 5 minutes, and were not tried in that time: a long queue is no breach.
WITH swept AS (
    SELECT FROM clg_sweeptick WHERE job = 'clg.sweep' AND claimed_at > now() - interval '5 minutes' LIMIT 1
),
broken AS (
    SELECT 'lease of delivery ' || d.id::text AS name
      FROM clg_webhookdelivery d JOIN clg_webhookendpoint e ON e.id = d.endpoint_id
     WHERE d.state = 'leased' AND d.lease_until < now() - interval '5 minutes' AND e.state = 'active'
       AND (e.paused_until IS NULL OR e.paused_until < now() - interval '5 minutes')
       AND (e.last_attempt_at IS NULL OR e.last_attempt_at < now() - interval '5 minutes')
     UNION ALL
    SELECT 'deliveries of endpoint ' || e.id::text
      FROM clg_webhookendpoint e
     WHERE EXISTS (SELECT FROM swept) AND e.state = 'active'
       AND (e.paused_until IS NULL OR e.paused_until < now() - interval '5 minutes')
       AND (e.last_attempt_at IS NULL OR e.last_attempt_at < now() - interval '5 minutes')
       AND EXISTS (SELECT FROM clg_webhookdelivery d
                    WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.run_after < now() - interval '5 minutes')
)
SELECT (SELECT count(*) FROM clg_webhookdelivery WHERE state IN ('pending', 'leased')),
       (SELECT count(*) FROM broken), (SELECT array_agg(name) FROM broken)
