-- Those of some names that were merged away, with the name of their winner. Index: accounts_identity_merged.
SELECT i.external_id, w.external_id
FROM accounts_externalidentity i
JOIN accounts_externalidentity w ON w.id = i.canonical_id
WHERE i.source_id = %(source)s AND i.object_type = '{noun}' AND i.state = 'merged'
  AND i.external_id = ANY (%(names)s::varchar[])
