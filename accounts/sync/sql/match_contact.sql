-- Links a new name to the one live contact of the same address, where no name of this source stands for it yet.
-- Index: accounts_contact_email.
UPDATE accounts_stagedcontact s
SET match_id = found.id
FROM (
    SELECT min(t.line) AS line, o.id
    FROM accounts_stagedcontact t
    JOIN accounts_contact o ON lower(o.email) = lower(t.email) AND o.email <> '' AND o.deleted_at IS NULL
    WHERE t.batch_id = %(batch)s AND t.op IN ({UPSERT}, {RESTORE})
      AND NOT EXISTS (SELECT FROM accounts_contact p WHERE lower(p.email) = lower(t.email) AND p.email <> ''
                      AND p.deleted_at IS NULL AND p.id <> o.id)
      AND NOT EXISTS (SELECT FROM accounts_externalidentity i WHERE i.source_id = %(source)s
                      AND i.object_type = 'contact' AND i.external_id = t.external_id)
      AND NOT EXISTS (SELECT FROM accounts_externalidentity i WHERE i.source_id = %(source)s
                      AND i.contact_id = o.id AND i.state = 'active')
    GROUP BY o.id
    HAVING count(*) = 1
) AS found
WHERE s.batch_id = %(batch)s AND s.line = found.line
