-- Items of a source by day, from the first to the last moment: one row a day, also where nothing came; `failed` are
-- those of them that were refused. Days are the source's own. Unique constraint accounts_receivedhour_once.
SELECT d.day::date AS day, coalesce(sum(w.items), 0)::bigint AS items,
       coalesce(sum(w.items) FILTER (WHERE w.word = 'failed'), 0)::bigint AS failed
FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS d(day)
LEFT JOIN accounts_receivedhour h
  ON h.source_id = %(source)s AND h.object_type = ANY(%(kinds)s)
 AND h.hour >= (%(first)s::date)::timestamp AT TIME ZONE %(zone)s
 AND (h.hour AT TIME ZONE %(zone)s)::date = d.day::date
LEFT JOIN LATERAL (
    SELECT c.key AS word, c.value::bigint AS items FROM jsonb_each_text(h.counts) AS c
) AS w ON true
GROUP BY d.day
ORDER BY d.day
