-- One row a activity on the path of at least one of the sets: key, deals, and the whole reporting basis of each deal once.
-- Reads advocacy_creditset and advocacy_touch by primary key.
SELECT key, count(*)::int, sum(reporting_minor)::bigint
FROM (
    SELECT DISTINCT s.id, t.activity_id AS key, s.reporting_minor
    FROM advocacy_creditset s
    JOIN advocacy_touch t ON t.id = ANY (s.path)
    WHERE s.id = ANY (%(sets)s)
) AS once
GROUP BY key
ORDER BY 3 DESC, key
