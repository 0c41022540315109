-- Deliveries that were stored as ended and have been tried, or taken up, since.
SELECT count(*),
       count(*) FILTER (WHERE d.state IN ('pending', 'leased') OR d.attempted_at > d.finished_at),
       array_agg(d.id::text) FILTER (WHERE d.state IN ('pending', 'leased') OR d.attempted_at > d.finished_at)
  FROM clg_webhookdelivery d
 WHERE d.finished_at IS NOT NULL
