-- Removes the roles that a newer set leaves out.
DELETE FROM accounts_opportunitycontact r
USING accounts_stagedopportunity s
WHERE s.batch_id = %(batch)s AND s.has_work AND NOT s.is_new AND s.changes & {roles_bit} <> 0
  AND r.opportunity_id = s.object_id
  AND r.contact_id <> ALL (ARRAY(
    SELECT coalesce(i.contact_id, w.contact_id)
    FROM unnest(s.contact_refs) AS n(ref)
    JOIN accounts_externalidentity i
      ON i.source_id = %(source)s AND i.object_type = 'contact' AND i.external_id = n.ref
    LEFT JOIN accounts_externalidentity w ON w.id = i.canonical_id
    WHERE coalesce(i.contact_id, w.contact_id) IS NOT NULL
  ))
