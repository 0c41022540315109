-- I1: micro-units of a set with lines sum to a million; a closed set has no line.
SELECT count(*), count(*) FILTER (WHERE is_broken),
       (array_agg('set ' || id ORDER BY id) FILTER (WHERE is_broken))[1:10]
FROM (
    SELECT s.id, CASE s.state WHEN 'lines' THEN l.micros IS DISTINCT FROM 1000000 ELSE l.lines > 0 END AS is_broken
    FROM advocacy_creditset s
    LEFT JOIN (
        SELECT credit_set_id, sum(credit_micros) AS micros, count(*) AS lines FROM advocacy_credit GROUP BY 1
    ) l ON l.credit_set_id = s.id
) looked
