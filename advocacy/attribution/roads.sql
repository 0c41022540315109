-- chunk_road -> match_encounter: the encounters that touch these deals now, and those that could: by name, by contact,
-- by account of the family line, by domain. Indexes advocacy_touch_deal, advocacy_encounter_{deal,contact,account,
-- domain}, accounts_contact.account_id, attribution_contact_maildomain.
ANALYZE chunk_road;

WITH RECURSIVE deal AS (
    SELECT r.opportunity_id, d.account_id FROM chunk_road r JOIN accounts_opportunity d ON d.id = r.opportunity_id
), above AS (
    SELECT DISTINCT account_id AS id FROM deal WHERE account_id IS NOT NULL
    UNION
    SELECT a.parent_id FROM above w JOIN accounts_account a ON a.id = w.id WHERE a.parent_id IS NOT NULL
), below AS (
    SELECT DISTINCT account_id AS id FROM deal WHERE account_id IS NOT NULL
    UNION
    SELECT a.id FROM below w JOIN accounts_account a ON a.parent_id = w.id
), line AS MATERIALIZED (
    SELECT id FROM above UNION SELECT id FROM below
), contact AS MATERIALIZED (
    SELECT c.id FROM line w JOIN accounts_contact c ON c.account_id = w.id
    UNION
    SELECT r.contact_id FROM deal d JOIN accounts_opportunitycontact r ON r.opportunity_id = d.opportunity_id
), domain AS MATERIALIZED (
    SELECT DISTINCT a.domain FROM deal d JOIN accounts_account a ON a.id = d.account_id WHERE a.domain <> ''
)
INSERT INTO match_encounter
SELECT e.id FROM deal d JOIN advocacy_encounter e ON e.opportunity_id = d.opportunity_id
UNION
SELECT t.encounter_id FROM deal d
JOIN advocacy_touch t ON t.opportunity_id = d.opportunity_id AND t.superseded_at IS NULL
UNION
SELECT e.id FROM contact c JOIN advocacy_encounter e ON e.buyer_contact_id = c.id AND e.opportunity_id IS NULL
UNION
SELECT e.id FROM line w JOIN advocacy_encounter e ON e.buyer_account_id = w.id AND e.opportunity_id IS NULL
UNION
SELECT e.id FROM domain n
JOIN advocacy_encounter e ON e.buyer_domain = n.domain AND e.buyer_domain <> '' AND e.opportunity_id IS NULL
UNION
SELECT e.id FROM domain n
JOIN accounts_contact c ON split_part(lower(c.email), '@', 2) = n.domain AND c.email <> ''
JOIN advocacy_encounter e ON e.buyer_contact_id = c.id AND e.opportunity_id IS NULL
ON CONFLICT DO NOTHING;
