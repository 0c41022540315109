-- The matcher: match_encounter -> touches, match_touched, match_changed. Tables: match_tables.sql.
-- Each rung looks only at encounters that no stronger rung has placed. 730 days are 17 520 hours, whatever the clocks.
ANALYZE match_encounter;

INSERT INTO match_buyer
SELECT e.id, e.buyer_contact_id, c.account_id, e.buyer_account_id,
       CASE WHEN e.buyer_domain = ANY (%(free_mail)s) THEN '' ELSE e.buyer_domain END,
       CASE WHEN split_part(lower(c.email), '@', 2) = ANY (%(free_mail)s) THEN ''
            ELSE coalesce(split_part(lower(c.email), '@', 2), '') END,
       e.occurred_at
FROM match_encounter m
JOIN advocacy_encounter e ON e.id = m.encounter_id
LEFT JOIN accounts_contact c ON c.id = e.buyer_contact_id
WHERE e.opportunity_id IS NULL;
ANALYZE match_buyer;

-- Rung 1, or the weaker one that the caller found the deal by. No window: somebody said so.
INSERT INTO match_reached
SELECT e.id, e.opportunity_id, coalesce(e.given_rung, 1)
FROM match_encounter m
JOIN advocacy_encounter e ON e.id = m.encounter_id
WHERE e.opportunity_id IS NOT NULL;

-- Rung 2: the contact has a role on the deal (index of accounts_opportunitycontact.contact_id).
INSERT INTO match_reached
SELECT b.encounter_id, f.opportunity_id, 2
FROM match_buyer b
JOIN accounts_opportunitycontact r ON r.contact_id = b.contact_id
JOIN advocacy_opportunityfact f  -- advocacy_opportunityfact_one_current
  ON f.opportunity_id = r.opportunity_id AND f.superseded_at IS NULL AND NOT f.is_deleted
WHERE b.occurred_at >= f.opened_at - INTERVAL '17520 hours' AND (f.closed_at IS NULL OR b.occurred_at <= f.closed_at);
ANALYZE match_reached;

-- Rung 3: the contact's account is the deal's. Rung 4: the buyer's account is, and no contact's account is known.
INSERT INTO match_reached
SELECT b.encounter_id, f.opportunity_id, CASE WHEN b.contact_account_id IS NULL THEN 4 ELSE 3 END
FROM match_buyer b
JOIN accounts_opportunity d  -- accounts_opportunity_account
  ON d.account_id = coalesce(b.contact_account_id, b.account_id)
JOIN advocacy_opportunityfact f ON f.opportunity_id = d.id AND f.superseded_at IS NULL AND NOT f.is_deleted
WHERE b.occurred_at >= f.opened_at - INTERVAL '17520 hours' AND (f.closed_at IS NULL OR b.occurred_at <= f.closed_at)
  AND NOT EXISTS (SELECT FROM match_reached r WHERE r.encounter_id = b.encounter_id);
ANALYZE match_reached;

-- Rung 5: a domain of the buyer is the account's.
INSERT INTO match_reached
SELECT DISTINCT b.encounter_id, f.opportunity_id, 5
FROM match_buyer b
CROSS JOIN LATERAL (VALUES (b.domain), (b.mail_domain)) n (domain)
JOIN accounts_account a ON a.domain = n.domain AND a.domain <> ''  -- accounts_account_domain
JOIN accounts_opportunity d ON d.account_id = a.id  -- accounts_opportunity_account
JOIN advocacy_opportunityfact f ON f.opportunity_id = d.id AND f.superseded_at IS NULL AND NOT f.is_deleted
WHERE b.occurred_at >= f.opened_at - INTERVAL '17520 hours' AND (f.closed_at IS NULL OR b.occurred_at <= f.closed_at)
  AND NOT EXISTS (SELECT FROM match_reached r WHERE r.encounter_id = b.encounter_id);
ANALYZE match_reached;

-- Rung 6: the buyer's account is above or below the deal's. UNION ends a walk in a circle.
WITH RECURSIVE buyer AS (
    SELECT b.encounter_id, b.occurred_at, n.account_id
    FROM match_buyer b
    CROSS JOIN LATERAL (VALUES (b.contact_account_id), (b.account_id)) n (account_id)
    WHERE n.account_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM match_reached r WHERE r.encounter_id = b.encounter_id)
), above AS (
    SELECT a.id AS start_id, a.parent_id AS id
    FROM accounts_account a
    WHERE a.id IN (SELECT account_id FROM buyer) AND a.parent_id IS NOT NULL
    UNION
    SELECT w.start_id, a.parent_id FROM above w JOIN accounts_account a ON a.id = w.id WHERE a.parent_id IS NOT NULL
), below AS (
    SELECT a.parent_id AS start_id, a.id
    FROM accounts_account a
    WHERE a.parent_id IN (SELECT account_id FROM buyer)
    UNION
    SELECT w.start_id, a.id FROM below w JOIN accounts_account a ON a.parent_id = w.id
), related AS (
    SELECT start_id, id FROM above UNION SELECT start_id, id FROM below
)
INSERT INTO match_reached
SELECT DISTINCT b.encounter_id, f.opportunity_id, 6
FROM buyer b
JOIN related w ON w.start_id = b.account_id
JOIN accounts_opportunity d ON d.account_id = w.id  -- accounts_opportunity_account
JOIN advocacy_opportunityfact f ON f.opportunity_id = d.id AND f.superseded_at IS NULL AND NOT f.is_deleted
WHERE b.occurred_at >= f.opened_at - INTERVAL '17520 hours' AND (f.closed_at IS NULL OR b.occurred_at <= f.closed_at);
ANALYZE match_reached;

-- The touches as they ought to be. Withdrawn wins over duplicate.
WITH RECURSIVE pair AS MATERIALIZED (
    SELECT r.encounter_id, r.opportunity_id, r.rung, e.activity_id, e.occurred_at, e.kind, e.role, e.source,
           e.weight_hint, a.kind AS activity_kind, a.champion_id, a.account_id AS champion_account_id,
           f.account_id AS deal_account_id,
           CASE WHEN e.withdrawn_at IS NOT NULL OR a.withdrawn_at IS NOT NULL THEN 'withdrawn'
                WHEN a.duplicate_of_id IS NOT NULL THEN 'duplicate_activity' ELSE '' END AS void_reason
    FROM match_reached r
    JOIN advocacy_encounter e ON e.id = r.encounter_id
    JOIN advocacy_activity a ON a.id = e.activity_id
    JOIN advocacy_opportunityfact f ON f.opportunity_id = r.opportunity_id AND f.superseded_at IS NULL
), climb AS (
    SELECT a.id AS start_id, a.id, a.parent_id
    FROM accounts_account a
    WHERE a.parent_id IS NOT NULL
      AND a.id IN (SELECT champion_account_id FROM pair UNION SELECT deal_account_id FROM pair)
    UNION
    SELECT w.start_id, a.id, a.parent_id FROM climb w JOIN accounts_account a ON a.id = w.parent_id
), top AS (
    -- Parents in a circle have no top: its least member stands for it.
    SELECT start_id, coalesce(min(id) FILTER (WHERE parent_id IS NULL), min(id)) AS id FROM climb GROUP BY start_id
)
INSERT INTO match_touched
SELECT p.encounter_id, p.opportunity_id, p.activity_id, p.activity_kind, p.champion_id, p.occurred_at, p.kind, p.role,
       p.rung,
       CASE WHEN p.champion_account_id = p.deal_account_id THEN 'own'
            WHEN coalesce(c.id, p.champion_account_id) = coalesce(d.id, p.deal_account_id) THEN 'family'
            ELSE 'peer' END,
       p.source, p.weight_hint, p.void_reason
FROM pair p
LEFT JOIN top c ON c.start_id = p.champion_account_id
LEFT JOIN top d ON d.start_id = p.deal_account_id;
ANALYZE match_touched (encounter_id, opportunity_id);

-- What differs from the touches that are current (advocacy_touch_one_current).
INSERT INTO match_changed
SELECT coalesce(t.encounter_id, w.encounter_id), coalesce(t.opportunity_id, w.opportunity_id), t.id,
       w.encounter_id IS NOT NULL
FROM (
    SELECT t.* FROM match_encounter m
    JOIN advocacy_touch t ON t.encounter_id = m.encounter_id AND t.superseded_at IS NULL
) t
FULL JOIN match_touched w ON w.encounter_id = t.encounter_id AND w.opportunity_id = t.opportunity_id
WHERE (t.activity_id, t.activity_kind, t.champion_id, t.occurred_at, t.kind, t.role, t.rung, t.side, t.source,
       t.weight_hint, t.void_reason)
      IS DISTINCT FROM
      (w.activity_id, w.activity_kind, w.champion_id, w.occurred_at, w.kind, w.role, w.rung, w.side, w.source,
       w.weight_hint, w.void_reason);
ANALYZE match_changed (encounter_id, opportunity_id);

-- Two matchers of one encounter wait here for each other, in one order.
SELECT count(*) FROM (
    SELECT FROM advocacy_encounter WHERE id IN (SELECT encounter_id FROM match_changed)
    ORDER BY id FOR NO KEY UPDATE
) locked;

UPDATE advocacy_touch t SET superseded_at = statement_timestamp()
FROM match_changed c
WHERE t.id = c.touch_id AND t.superseded_at IS NULL;

INSERT INTO advocacy_touch (encounter_id, opportunity_id, activity_id, activity_kind, champion_id, occurred_at, kind,
                            role, rung, side, source, weight_hint, void_reason)
SELECT w.*
FROM match_changed c
JOIN match_touched w ON w.encounter_id = c.encounter_id AND w.opportunity_id = c.opportunity_id
WHERE c.is_wanted
ORDER BY w.occurred_at, w.activity_id, w.encounter_id, w.opportunity_id;
