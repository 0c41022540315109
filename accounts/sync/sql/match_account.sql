-- Links a new name to the one live account of the same domain, where no name of this source stands for it yet.
-- Index: accounts_account_domain.
UPDATE accounts_stagedaccount s
SET match_id = found.id
FROM (
    SELECT min(t.line) AS line, o.id
    FROM accounts_stagedaccount t
    JOIN accounts_account o ON o.domain = t.domain AND o.domain <> '' AND o.deleted_at IS NULL
    WHERE t.batch_id = %(batch)s AND t.op IN ({UPSERT}, {RESTORE}) AND t.domain <> ALL (%(free_mail)s)
      AND NOT EXISTS (SELECT FROM accounts_account p WHERE p.domain = t.domain AND p.domain <> ''
                      AND p.deleted_at IS NULL AND p.id <> o.id)
      AND NOT EXISTS (SELECT FROM accounts_externalidentity i WHERE i.source_id = %(source)s
                      AND i.object_type = 'account' AND i.external_id = t.external_id)
      AND NOT EXISTS (SELECT FROM accounts_externalidentity i WHERE i.source_id = %(source)s
                      AND i.account_id = o.id AND i.state = 'active')
    GROUP BY o.id
    HAVING count(*) = 1
) AS found
WHERE s.batch_id = %(batch)s AND s.line = found.line
