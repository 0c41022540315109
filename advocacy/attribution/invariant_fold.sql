-- I3: generations are 1..n without hole, and the head of the live branch points to the highest.
SELECT 'deal ' || f.opportunity_id || ' model ' || f.model_id
FROM (
    SELECT branch_id, model_id, opportunity_id, count(*) AS sets, min(generation) AS lowest, max(generation) AS highest,
           (array_agg(id ORDER BY generation DESC))[1] AS last_set
    FROM advocacy_creditset GROUP BY branch_id, model_id, opportunity_id
) f
LEFT JOIN advocacy_credithead h
       ON f.branch_id = 0 AND h.model_id = f.model_id AND h.opportunity_id = f.opportunity_id
WHERE f.lowest <> 1 OR f.highest <> f.sets
   OR f.branch_id = 0 AND (h.generation IS DISTINCT FROM f.highest OR h.credit_set_id IS DISTINCT FROM f.last_set)
UNION ALL
SELECT 'head ' || h.id FROM advocacy_credithead h
LEFT JOIN advocacy_creditset s ON s.id = h.credit_set_id
WHERE s.id IS NULL
