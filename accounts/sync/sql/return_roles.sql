-- Returns roles that a merge dropped, as their history tells them, where their place on the deal is free.
INSERT INTO accounts_opportunitycontact (id, opportunity_id, contact_id, role, is_primary)
SELECT DISTINCT ON (h.pgh_obj_id) h.pgh_obj_id, h.opportunity_id, h.contact_id, h.role, h.is_primary
FROM accounts_opportunitycontacthistory h
WHERE h.pgh_obj_id = ANY (%(roles)s::bigint[])
ORDER BY h.pgh_obj_id, h.pgh_id DESC
ON CONFLICT DO NOTHING
