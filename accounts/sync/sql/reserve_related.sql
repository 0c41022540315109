-- Takes an identity for every unknown {related_noun} that the items name. Index: accounts_externalidentity_once.
INSERT INTO accounts_externalidentity (source_id, object_type, external_id, {related_link}, state)
SELECT %(source)s, '{related_noun}', named.ref, nextval('{related_sequence}'), 'active'
FROM ({refs}) AS named
WHERE NOT EXISTS (
    SELECT FROM accounts_externalidentity i
    WHERE i.source_id = %(source)s AND i.object_type = '{related_noun}' AND i.external_id = named.ref
)
ORDER BY named.ref
ON CONFLICT DO NOTHING
