-- Notes the accounts that new names are.
UPDATE accounts_stagedaccount s
SET match_id = found.id
FROM unnest(%(lines)s::integer[], %(objects)s::bigint[]) AS found(line, id)
WHERE s.batch_id = %(batch)s AND s.line = found.line
