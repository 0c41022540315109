-- One row a {{key}} on the path of at least one of the sets: key, deals, and the whole reporting basis of each deal once.
-- {{sets}} is the query of their ids. Reads advocacy_creditset and advocacy_touch by primary key.
SELECT key, count(*)::int, sum(reporting_minor)::bigint
FROM (
    SELECT DISTINCT s.id, t.{key} AS key, s.reporting_minor
    FROM advocacy_creditset s
    JOIN advocacy_touch t ON t.id = ANY (s.path)
    WHERE s.id IN ({sets})
) AS once
GROUP BY key
ORDER BY 3 DESC, key
