-- One delivery of each event of a range that an endpoint is told of, by the rule of the change feed; one a cause.
-- Index clg_outboxevent_position_key; unique clg_webhookdelivery_once.
INSERT INTO clg_webhookdelivery (endpoint_id, event_id, cause)
SELECT %(endpoint)s, e.id, %(cause)s
  FROM clg_outboxevent e
 WHERE e.position > %(after)s AND e.position <= %(until)s AND {admitted}
 ORDER BY e.position
 LIMIT %(most)s
ON CONFLICT DO NOTHING
