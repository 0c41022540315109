-- Minutes and asks of the champions %(ids)s on %(day)s: the budget that holds, what is reserved and what was used in the
-- window. A statement of its own with a SELECT behind it; `effort/capacity.sql`, `gates/gates.sql` and
-- `readiness/willingness.sql` go on from it.
WITH who AS MATERIALIZED (
    SELECT c.id, c.contact_id, c.account_id, c.standing, c.rests_until, c.paused_until, c.paused_by, c.own_minutes_limit,
           c.competitors, c.confirmed_at, c.joined_at, (%(at)s::timestamptz AT TIME ZONE c.time_zone)::date AS local_day,
           p.left_on, coalesce(nullif(p.country, ''), a.country) AS country,
           a.segment, a.lifecycle, a.renewal_on, lower(a.industry) LIKE 'public%%' AS is_public
      FROM advocacy_champion c
      JOIN accounts_contact p ON p.id = c.contact_id
      JOIN accounts_account a ON a.id = c.account_id
     WHERE c.id = ANY (%(ids)s::bigint[])
),
-- Of several rules of one scope and target the one that began last.
valid AS MATERIALIZED (
    SELECT DISTINCT ON (b.scope, b.segment, b.account_id, b.champion_id) b.*
      FROM advocacy_effortbudget b
     WHERE b.valid_from <= %(day)s AND (b.valid_until IS NULL OR b.valid_until >= %(day)s)
     ORDER BY b.scope, b.segment, b.account_id, b.champion_id, b.valid_from DESC, b.id DESC
),
-- The narrowest rule wins as a whole; a champion's own says nothing of the account's minutes.
budgets AS (
    SELECT w.id,
           least(CASE WHEN own.id IS NOT NULL THEN own.person_minutes WHEN firm.id IS NOT NULL THEN firm.person_minutes
                      WHEN part.id IS NOT NULL THEN part.person_minutes ELSE everybody.person_minutes END,
                 w.own_minutes_limit) AS person_budget,
           CASE WHEN firm.id IS NOT NULL THEN firm.account_minutes WHEN part.id IS NOT NULL THEN part.account_minutes
                ELSE everybody.account_minutes END AS account_budget,
           CASE WHEN own.id IS NOT NULL THEN own.max_asks WHEN firm.id IS NOT NULL THEN firm.max_asks
                WHEN part.id IS NOT NULL THEN part.max_asks ELSE everybody.max_asks END AS max_asks,
           CASE WHEN own.id IS NOT NULL THEN own.max_open_asks WHEN firm.id IS NOT NULL THEN firm.max_open_asks
                WHEN part.id IS NOT NULL THEN part.max_open_asks ELSE everybody.max_open_asks END AS max_open_asks,
           CASE WHEN own.id IS NOT NULL THEN own.use_caps WHEN firm.id IS NOT NULL THEN firm.use_caps
                WHEN part.id IS NOT NULL THEN part.use_caps ELSE everybody.use_caps END AS use_caps
      FROM who w
      LEFT JOIN valid own ON own.scope = 'champion' AND own.champion_id = w.id
      LEFT JOIN valid firm ON firm.scope = 'account' AND firm.account_id = w.account_id
      LEFT JOIN valid part ON part.scope = 'segment' AND part.segment = w.segment
      LEFT JOIN valid everybody ON everybody.scope = 'tenant'
),
-- Reads advocacy_effort_of_champion and advocacy_effort_of_account, index only. A consumed entry of day e counts on
-- day t when t - 90 < e <= t; what is reserved counts always.
person_spent AS (
    SELECT e.champion_id AS id, sum(e.minutes)::int AS minutes
      FROM advocacy_effortentry e
     WHERE e.champion_id IN (SELECT id FROM who)
       AND (e.bucket = 'reserved' OR e.effective_on > %(day)s::date - %(window)s AND e.effective_on <= %(day)s)
     GROUP BY e.champion_id
),
account_spent AS (
    SELECT e.account_id AS id, sum(e.minutes)::int AS minutes
      FROM advocacy_effortentry e
     WHERE e.account_id IN (SELECT account_id FROM who)
       AND (e.bucket = 'reserved' OR e.effective_on > %(day)s::date - %(window)s AND e.effective_on <= %(day)s)
     GROUP BY e.account_id
),
balances AS (
    SELECT w.id, b.person_budget, b.account_budget, b.max_asks, b.max_open_asks, b.use_caps,
           b.person_budget - coalesce(p.minutes, 0) AS person_left,
           b.account_budget - coalesce(f.minutes, 0) AS account_left,
           coalesce(p.minutes, 0) AS person_used
      FROM who w
      JOIN budgets b ON b.id = w.id
      LEFT JOIN person_spent p ON p.id = w.id
      LEFT JOIN account_spent f ON f.id = w.account_id
)
