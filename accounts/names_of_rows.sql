-- A source's own names of rows: object type, key of the row, external id; of several of one row the oldest last.
-- Keys go as arrays: as lists of parameters a page of 200 spends more on the statement than on the rows.
-- Indexes: those of the three keys.
SELECT object_type, key, external_id
  FROM (SELECT id, object_type, account_id AS key, external_id FROM accounts_externalidentity
         WHERE account_id = ANY (%(account)s::bigint[]) AND source_id = %(source)s AND state = 'active'
         UNION ALL
        SELECT id, object_type, contact_id, external_id FROM accounts_externalidentity
         WHERE contact_id = ANY (%(contact)s::bigint[]) AND source_id = %(source)s AND state = 'active'
         UNION ALL
        SELECT id, object_type, opportunity_id, external_id FROM accounts_externalidentity
         WHERE opportunity_id = ANY (%(opportunity)s::bigint[]) AND source_id = %(source)s AND state = 'active') names
 ORDER BY id DESC
