-- Gives a row to tombstones of ids that never had one, now that an item or a relation speaks of them: the end must
-- be the same as if the delete had come last. Index: accounts_externalidentity_once.
UPDATE accounts_externalidentity i
SET {related_link} = nextval('{related_sequence}')
FROM (
    SELECT t.id
    FROM ({spoken_of}) AS named
    JOIN accounts_externalidentity t
      ON t.source_id = %(source)s AND t.object_type = '{related_noun}' AND t.external_id = named.ref
    WHERE t.state = 'deleted' AND t.{related_link} IS NULL
    ORDER BY t.external_id
    FOR UPDATE OF t
) AS raised
WHERE i.id = raised.id
