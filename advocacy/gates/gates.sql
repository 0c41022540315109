-- Follows balances.sql: every gate that fires for %(use)s, one row each: champion, code, last day it holds (NULL: open),
-- whether nobody may pass it, and a word or number for its sentence. Grants are judged by `advocacy/grants`.
, rule AS (
    SELECT coalesce(%(minutes)s::int, r.minutes) AS minutes, r.cap FROM advocacy_userule r WHERE r.use = %(use)s
),
-- Asks that count: by the day they were sent, reserved (still unsent) or made outside. Reads advocacy_ask_champion.
told AS MATERIALIZED (
    SELECT k.champion_id, k.use, k.state, k.outcome, k.decline_reason, k.prospect_id, k.later_until,
           CASE WHEN k.state = 'logged' THEN k.asked_on
                WHEN k.sent_at IS NOT NULL THEN (k.sent_at AT TIME ZONE 'UTC')::date
                WHEN k.state = 'reserved' THEN (k.reserved_at AT TIME ZONE 'UTC')::date END AS counts_on,
           CASE WHEN k.state = 'logged' THEN k.asked_on ELSE (k.answered_at AT TIME ZONE 'UTC')::date END AS answered_on
      FROM advocacy_ask k
     WHERE k.champion_id IN (SELECT id FROM who)
),
counted AS (
    SELECT t.champion_id AS id,
           count(*) FILTER (WHERE t.state IN ('reserved', 'sent', 'accepted')) AS open_asks,
           count(*) FILTER (WHERE t.use = %(use)s AND t.counts_on > %(day)s::date - %(window)s) AS of_use,
           count(*) FILTER (WHERE t.use NOT IN ('invitation', 'grant_request')
                              AND t.counts_on > %(day)s::date - %(window)s) AS of_all,
           array_agg(t.counts_on ORDER BY t.counts_on DESC)
               FILTER (WHERE t.use = %(use)s AND t.counts_on > %(day)s::date - %(window)s) AS days_of_use,
           array_agg(t.counts_on ORDER BY t.counts_on DESC)
               FILTER (WHERE t.use NOT IN ('invitation', 'grant_request')
                         AND t.counts_on > %(day)s::date - %(window)s) AS days_of_all
      FROM told t GROUP BY t.champion_id
),
-- The newest grant that a company gave for this use: it ends a no by policy that is older.
allowed AS (
    SELECT g.account_id AS id, max((g.decided_at AT TIME ZONE 'UTC')::date) AS on_day
      FROM advocacy_grant g
     WHERE g.account_id IN (SELECT account_id FROM who) AND g.use = %(use)s
       AND g.state IN ('granted', 'granted_with_limits')
     GROUP BY g.account_id
),
-- The day before which an answer still holds somebody off; an open end is infinity.
noes AS (
    SELECT t.champion_id AS id, max(
               CASE WHEN t.state = 'later' THEN t.later_until
                    WHEN t.decline_reason = 'not_this_prospect' AND t.state = 'declined' THEN
                        CASE WHEN t.prospect_id = %(prospect)s::bigint THEN 'infinity'::date END
                    WHEN t.decline_reason = 'too_busy' THEN t.answered_on + 30
                    WHEN t.decline_reason = 'unhappy' THEN t.answered_on + 180
                    WHEN t.decline_reason = 'company_policy' THEN
                        CASE WHEN t.use = %(use)s AND (a.on_day IS NULL OR a.on_day <= t.answered_on)
                             THEN 'infinity'::date END
                    ELSE t.answered_on + CASE WHEN t.use = %(use)s THEN 180 ELSE 30 END END) AS until
      FROM told t
      JOIN who w ON w.id = t.champion_id
      LEFT JOIN allowed a ON a.id = w.account_id
     WHERE t.state IN ('declined', 'later') OR t.state = 'logged' AND t.outcome = 'declined'
     GROUP BY t.champion_id
),
-- The newest value of the two kinds that only warn. Reads accounts_signal_of_account: one descent an account and kind.
firms AS (SELECT DISTINCT account_id AS id FROM who),
alarms AS (
    SELECT f.id, e.raw > 0 AS is_escalated, r.raw = 2 AS is_at_risk
      FROM firms f
      LEFT JOIN LATERAL (
            SELECT g.raw FROM accounts_signal g
             WHERE g.account_id = f.id AND g.contact_id IS NULL AND g.kind = 'escalation' AND g.is_current
               AND g.observed_at <= %(at)s
             ORDER BY g.observed_at DESC, g.id DESC LIMIT 1) e ON true
      LEFT JOIN LATERAL (
            SELECT g.raw FROM accounts_signal g
             WHERE g.account_id = f.id AND g.contact_id IS NULL AND g.kind = 'risk' AND g.is_current
               AND g.observed_at <= %(at)s
             ORDER BY g.observed_at DESC, g.id DESC LIMIT 1) r ON true
),
closed_days AS (
    SELECT w.id, max(b.last_day) AS until, bool_or(b.by_person) AS by_person, min(b.reason) AS reason
      FROM who w
      JOIN advocacy_blackoutperiod b ON b.last_day >= w.local_day AND b.first_day <= w.local_day
       AND (b.scope = 'tenant' OR b.scope = 'country' AND b.country = w.country
            OR b.scope = 'account' AND b.account_id = w.account_id OR b.scope = 'champion' AND b.champion_id = w.id)
     GROUP BY w.id
),
-- Grants in force that never serve this prospect, by company or domain.
barred AS (
    SELECT w.id
      FROM who w
      JOIN advocacy_grant g ON (g.champion_id = w.id OR g.account_id = w.account_id)
       AND g.state IN ('granted', 'granted_with_limits') AND g.valid_from <= %(day)s
       AND (g.valid_until IS NULL OR g.valid_until >= %(day)s)
     WHERE %(prospect)s::bigint IS NOT NULL
       AND (g.never_to_domains && %(domains)s::varchar[]
            OR EXISTS (SELECT FROM advocacy_grantparty y
                        WHERE y.grant_id = g.id AND y.role = 'never_to' AND y.account_id = ANY (%(family)s::bigint[])))
),
facts AS (
    SELECT w.*, b.person_left, b.account_left, b.max_asks, b.max_open_asks, r.minutes,
           CASE WHEN b.use_caps ? %(use)s THEN (b.use_caps ->> %(use)s)::int ELSE r.cap END AS cap_use,
           coalesce(n.open_asks, 0) AS open_asks, coalesce(n.of_use, 0) AS of_use, coalesce(n.of_all, 0) AS of_all,
           n.days_of_use, n.days_of_all, o.until AS no_until, m.is_escalated, m.is_at_risk,
           k.id IS NOT NULL AS is_closed, k.until AS closed_until, k.by_person, k.reason AS closed_why,
           w.id IN (SELECT id FROM barred) AS is_barred,
           %(day)s::date - (coalesce(w.confirmed_at, w.joined_at) AT TIME ZONE 'UTC')::date AS days_unconfirmed
      FROM who w
      JOIN balances b ON b.id = w.id
     CROSS JOIN rule r
      LEFT JOIN counted n ON n.id = w.id
      LEFT JOIN noes o ON o.id = w.id
      LEFT JOIN alarms m ON m.id = w.account_id
      LEFT JOIN closed_days k ON k.id = w.id
)
SELECT f.id, g.code, g.until, g.is_hard, g.detail
  FROM facts f
 CROSS JOIN LATERAL (VALUES
    ('not_active', true, NULL::date, f.standing,
     CASE WHEN %(use)s = 'invitation' THEN f.standing NOT IN ('nominated', 'invited', 'paused')
          ELSE f.standing NOT IN ('active', 'resting', 'paused') END),
    ('left_company', true, NULL, f.left_on::text, f.left_on <= %(day)s),
    ('paused', f.paused_by = 'person', (f.paused_until AT TIME ZONE 'UTC')::date, f.paused_by, f.standing = 'paused'),
    ('prospect_conflict', true, NULL, '',
     f.account_id = ANY (%(family)s::bigint[]) OR f.is_barred OR f.competitors && %(domains)s::varchar[]),
    ('escalation_open', false, NULL, '', f.is_escalated),
    ('account_at_risk', false, NULL, f.lifecycle, f.is_at_risk OR f.lifecycle <> 'customer'),
    ('renewal_window', false, f.renewal_on + 30, f.renewal_on::text,
     %(day)s BETWEEN f.renewal_on - 60 AND f.renewal_on + 30),
    ('resting', false, (f.rests_until AT TIME ZONE 'UTC')::date, '',
     f.rests_until > %(at)s AND f.standing <> 'retired'),
    ('declined_recently', false, nullif(f.no_until, 'infinity'::date) - 1, '', f.no_until > %(day)s),
    ('ask_pending', false, NULL, f.open_asks::text, f.open_asks >= f.max_open_asks),
    ('cap_use', false, f.days_of_use[greatest(f.cap_use, 1)] + %(window)s - 1, f.cap_use::text, f.of_use >= f.cap_use),
    ('cap_all', false, f.days_of_all[greatest(f.max_asks, 1)] + %(window)s - 1, f.max_asks::text, f.of_all >= f.max_asks),
    ('budget_person', false, NULL, f.person_left::text, f.minutes > f.person_left),
    ('budget_account', false, NULL, f.account_left::text, f.minutes > f.account_left),
    ('blackout', f.by_person, f.closed_until, f.closed_why, f.is_closed),
    ('profile_lapsed', false, NULL, f.days_unconfirmed::text, f.days_unconfirmed > 365)
 ) AS g (code, is_hard, until, detail, fires)
 WHERE g.fires
