-- Adds a batch to the figures of its hour. Unique constraint accounts_receivedhour_once.
INSERT INTO accounts_receivedhour AS h (source_id, object_type, hour, counts, refused, received_at, clock)
VALUES (%(source)s, %(object_type)s, date_trunc('hour', %(at)s::timestamptz, 'UTC'), %(counts)s::jsonb,
        %(refused)s::jsonb, %(at)s, %(clock)s::bigint[])
ON CONFLICT (source_id, object_type, hour) DO UPDATE SET
    counts = (
        SELECT coalesce(jsonb_object_agg(s.key, s.items), '{}') FROM (
            SELECT b.key, sum(b.value::bigint) AS items FROM (
                SELECT * FROM jsonb_each_text(h.counts) UNION ALL SELECT * FROM jsonb_each_text(EXCLUDED.counts)
            ) AS b GROUP BY b.key
        ) AS s),
    refused = (
        SELECT coalesce(jsonb_object_agg(s.key, s.items), '{}') FROM (
            SELECT b.key, sum(b.value::bigint) AS items FROM (
                SELECT * FROM jsonb_each_text(h.refused) UNION ALL SELECT * FROM jsonb_each_text(EXCLUDED.refused)
            ) AS b GROUP BY b.key
        ) AS s),
    received_at = greatest(h.received_at, EXCLUDED.received_at),
    clock = greatest(h.clock, EXCLUDED.clock)
