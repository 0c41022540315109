-- The names of a batch that this source has not used yet, with their domains. Index: accounts_externalidentity_once.
SELECT s.line, s.domain
FROM accounts_stagedaccount s
WHERE s.batch_id = %(batch)s AND s.op IN ({UPSERT}, {RESTORE}) AND s.domain <> ''
  AND NOT EXISTS (SELECT FROM accounts_externalidentity i WHERE i.source_id = %(source)s
                  AND i.object_type = 'account' AND i.external_id = s.external_id)
ORDER BY s.line
