-- Locks the identities that this batch will change (of merged names the winners'), in one order everywhere.
SELECT i.id
FROM {staged} s
JOIN accounts_externalidentity i ON i.id = s.identity_id
WHERE s.batch_id = %(batch)s AND s.has_work AND NOT s.is_new
ORDER BY i.external_id
FOR UPDATE OF i
