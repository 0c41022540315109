-- The names that a source has for the row of a public id, those in force first: its own identities and, after merges,
-- those that were led to them. Indexes accounts_{noun}_public_id_key, accounts_externalidentity on {noun}_id, canonical_id.
SELECT json_agg(i.external_id ORDER BY i.state <> 'active', i.id)
  FROM accounts_{noun} o
 CROSS JOIN LATERAL (
    SELECT n.id, n.external_id, n.state FROM accounts_externalidentity n
     WHERE n.{noun}_id = o.id AND n.source_id = %(source_id)s
     UNION
    SELECT n.id, n.external_id, n.state FROM accounts_externalidentity n
      JOIN accounts_externalidentity c ON c.id = n.canonical_id
     WHERE c.{noun}_id = o.id AND n.source_id = %(source_id)s
 ) i
 WHERE o.public_id = w.object_id
