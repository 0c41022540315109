-- Items of a source since a moment by kind of object, in two windows: outcomes, and codes of the refused. One row an
-- object, set and word. Unique constraint accounts_receivedhour_once: at most 168 hours of each kind are read.
SELECT h.object_type, w.is_refusal, w.word,
       coalesce(sum(w.items) FILTER (WHERE h.hour > %(day)s), 0)::bigint AS day, sum(w.items)::bigint AS week
FROM accounts_receivedhour h
CROSS JOIN LATERAL (
    SELECT false AS is_refusal, c.key AS word, c.value::bigint AS items FROM jsonb_each_text(h.counts) AS c
    UNION ALL
    SELECT true, r.key, r.value::bigint FROM jsonb_each_text(h.refused) AS r
) AS w
WHERE h.source_id = %(source)s AND h.hour > %(week)s
GROUP BY h.object_type, w.is_refusal, w.word
ORDER BY week DESC, h.object_type, w.word
