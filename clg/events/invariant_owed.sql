-- Events of the last 30 days, read by the fan-out, that an active endpoint was to be told of and has no delivery for.
SELECT count(*), count(*) FILTER (WHERE d.id IS NULL), (array_agg(e.position) FILTER (WHERE d.id IS NULL))[1:10]
  FROM clg_outboxevent e
  LEFT JOIN clg_webhookdelivery d ON d.endpoint_id = %(endpoint)s AND d.event_id = e.id AND d.cause = ''
 WHERE e.position > %(after)s
   AND e.position <= coalesce((SELECT position FROM clg_feedconsumer WHERE name = %(consumer)s), 0)
   AND e.occurred_at > now() - interval '30 days'
   AND {admitted}
