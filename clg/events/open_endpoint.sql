-- An endpoint with due work that it may be sent now, least recently served first, locked: two calls at once at most,
-- one while it is on probation. Only pings go to one that is not active. Index clg_webhookdelivery_due.
SELECT e.id
  FROM clg_webhookendpoint e
 WHERE EXISTS (
        SELECT FROM clg_webhookdelivery d
         WHERE d.endpoint_id = e.id AND d.state IN ('pending', 'leased')
           AND (CASE d.state WHEN 'pending' THEN d.run_after ELSE d.lease_until END) <= %(at)s
           AND (d.event_id IS NULL OR e.state = 'active')
           AND (e.state <> 'active' OR e.paused_until IS NULL OR e.paused_until <= %(at)s))
   AND (SELECT count(*) FROM clg_webhookdelivery d
         WHERE d.endpoint_id = e.id AND d.state = 'leased' AND d.lease_until > %(at)s)
       < CASE WHEN e.consecutive_failures >= %(probation)s THEN 1 ELSE 2 END
 ORDER BY e.last_attempt_at NULLS FIRST, e.id
 LIMIT 1
   FOR NO KEY UPDATE OF e SKIP LOCKED
