-- Removes all but one of the roles on a deal that become one person's: the person each was of, keys of the roles.
WITH pair AS (
    SELECT p.loser, p.winner FROM unnest(%s::bigint[], %s::bigint[]) AS p(loser, winner)
),
person AS (
    SELECT p.loser AS contact_id, p.winner FROM pair p UNION SELECT p.winner, p.winner FROM pair p
),
ranked AS (
    SELECT r.id, r.contact_id,
           row_number() OVER (PARTITION BY r.opportunity_id, p.winner ORDER BY n.name, r.id) AS place
    FROM person p
    JOIN accounts_opportunitycontact r ON r.contact_id = p.contact_id
    CROSS JOIN LATERAL (
        SELECT min(i.external_id COLLATE "C") AS name FROM accounts_externalidentity i
        WHERE i.contact_id = p.contact_id
    ) AS n
),
dropped AS (
    DELETE FROM accounts_opportunitycontact r USING ranked WHERE r.id = ranked.id AND ranked.place > 1
    RETURNING r.id, r.contact_id
)
SELECT d.contact_id, array_agg(d.id ORDER BY d.id) FROM dropped d GROUP BY d.contact_id
