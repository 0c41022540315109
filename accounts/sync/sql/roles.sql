-- Adds and corrects the roles of a newer set; two names of one person count once, the first in byte order.
INSERT INTO accounts_opportunitycontact AS r (opportunity_id, contact_id, role, is_primary)
SELECT DISTINCT ON (s.object_id, coalesce(i.contact_id, w.contact_id))
       s.object_id, coalesce(i.contact_id, w.contact_id), n.role, n.is_primary
FROM accounts_stagedopportunity s
CROSS JOIN LATERAL unnest(s.contact_refs, s.contact_roles, s.contact_primaries) AS n(ref, role, is_primary)
JOIN accounts_externalidentity i
  ON i.source_id = %(source)s AND i.object_type = 'contact' AND i.external_id = n.ref
LEFT JOIN accounts_externalidentity w ON w.id = i.canonical_id
WHERE s.batch_id = %(batch)s AND s.has_work AND s.changes & {roles_bit} <> 0
  AND coalesce(i.contact_id, w.contact_id) IS NOT NULL
ORDER BY s.object_id, coalesce(i.contact_id, w.contact_id), n.ref COLLATE "C"
ON CONFLICT (opportunity_id, contact_id) DO UPDATE SET role = EXCLUDED.role, is_primary = EXCLUDED.is_primary
WHERE (r.role, r.is_primary) IS DISTINCT FROM (EXCLUDED.role, EXCLUDED.is_primary)
