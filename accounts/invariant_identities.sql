-- Every merged name ends, over any number of merges, at one name that is not merged itself; no name twice a source and
-- type; no active name without its object. Walks only merged names: there are few.
WITH RECURSIVE walk AS (
    SELECT i.id AS start, i.canonical_id AS node, i.object_type FROM accounts_externalidentity i WHERE i.state = 'merged'
     UNION
    SELECT w.start, n.canonical_id, w.object_type
      FROM walk w JOIN accounts_externalidentity n ON n.id = w.node AND n.state = 'merged'
     WHERE w.node <> w.start
),
ends AS (
    SELECT w.start, count(*) FILTER (WHERE n.state <> 'merged' AND n.object_type = w.object_type) AS found
      FROM walk w LEFT JOIN accounts_externalidentity n ON n.id = w.node
     GROUP BY w.start
),
broken AS (
    SELECT e.start AS id FROM ends e WHERE e.found <> 1
     UNION
    SELECT i.id FROM accounts_externalidentity i
     WHERE i.state = 'active' AND num_nonnulls(i.account_id, i.contact_id, i.opportunity_id) <> 1
     UNION
    SELECT max(i.id) FROM accounts_externalidentity i
     GROUP BY i.source_id, i.object_type, i.external_id HAVING count(*) > 1
)
SELECT (SELECT count(*) FROM accounts_externalidentity), (SELECT count(*) FROM broken),
       (SELECT array_agg('identity:' || id::text) FROM broken)
