-- The names that a source has for rows of `wanted`, those in force first, then those that merges led to them.
-- Indexes accounts_{noun}_public_id_key, accounts_externalidentity on {noun}_id and on canonical_id.
SELECT n.object_id, json_agg(n.external_id ORDER BY n.state <> 'active', n.id) AS external_ids
  FROM (
    WITH own AS MATERIALIZED (
        SELECT w.object_id, i.id, i.external_id, i.state
          FROM wanted w
          JOIN accounts_{noun} o ON o.public_id = w.object_id
          JOIN accounts_externalidentity i ON i.{noun}_id = o.id AND i.source_id = %(source_id)s
         WHERE w.kind = '{noun}'
    )
    SELECT * FROM own
     UNION ALL
    SELECT own.object_id, i.id, i.external_id, i.state
      FROM own
      JOIN accounts_externalidentity i ON i.canonical_id = own.id
  ) n
 GROUP BY n.object_id
