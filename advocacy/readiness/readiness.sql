-- Readiness of many subjects in one week, set-based. One row a subject in `scored`:
-- (id, score, coverage, confidence, band, parts), numbers of readiness 3.1.
-- A subject is a contact at an account (a champion, or a candidate); it comes as three arrays of equal length.
-- All arithmetic is whole: values in hundredths, decays in millionths, points in hundredths.
WITH subjects AS MATERIALIZED (
    SELECT s.id, s.contact_id, s.account_id, a.customer_since
      FROM unnest(%(ids)s::bigint[], %(contacts)s::bigint[], %(accounts)s::bigint[]) AS s (id, contact_id, account_id)
      JOIN accounts_account a ON a.id = s.account_id
),
kinds AS MATERIALIZED (
    SELECT w.kind, w.weight::bigint AS weight, w.missing,
           row_number() OVER (ORDER BY w.weight DESC, w.kind) AS place,
           w.kind = ANY (%(personal_kinds)s::text[]) AS is_personal,
           w.kind = 'tenure' AS is_tenure,
           -- Seven times the age is at most three half-lives: the oldest Monday that still counts.
           CASE WHEN w.half_life_days IS NULL THEN '-infinity'
                ELSE %(as_of)s::timestamptz - make_interval(days => 3 * w.half_life_days / 7 * 7) END AS since,
           coalesce(d.decays, ARRAY[]::bigint[]) AS decays
      FROM advocacy_readinessweight w
      LEFT JOIN (SELECT half_life_days, array_agg(decay_micros::bigint ORDER BY weeks) AS decays
                   FROM advocacy_readinessdecay GROUP BY half_life_days) d USING (half_life_days)
     WHERE w.model_id = %(model_id)s AND w.weight > 0
),
limits AS MATERIALIZED (
    SELECT m.ready_from, m.warming_from, m.min_confidence,
           (SELECT coalesce(sum(weight), 0)::bigint FROM kinds) AS weight_sum
      FROM advocacy_readinessmodel m WHERE m.id = %(model_id)s
),
-- The newest row of each kind: the contact's own at this account, else the account's without contact.
-- Reads accounts_signal_of_contact and accounts_signal_of_account, index only: one descent a subject and kind.
found AS (
    SELECT s.id, k.kind, k.place, k.weight, k.missing, k.is_tenure, k.decays,
           own.id IS NOT NULL AS is_own,
           coalesce(own.id, firm.id) AS signal_id,
           coalesce(own.raw, firm.raw) AS raw,
           coalesce(own.value, firm.value) AS value,
           coalesce(own.observed_at, firm.observed_at) AS observed_at,
           CASE WHEN k.is_tenure AND s.customer_since IS NOT NULL THEN greatest(0,
               (date_part('year', day.as_of) - date_part('year', s.customer_since))::int * 12
               + (date_part('month', day.as_of) - date_part('month', s.customer_since))::int
               - (date_part('day', day.as_of) < date_part('day', s.customer_since))::int) END AS months
      FROM subjects s
     CROSS JOIN kinds k
     CROSS JOIN (SELECT (%(as_of)s::timestamptz AT TIME ZONE 'UTC')::date AS as_of) day
      LEFT JOIN LATERAL (
            SELECT g.id, g.raw, g.value, g.observed_at
              FROM accounts_signal g
             WHERE k.is_personal AND g.contact_id = s.contact_id AND g.kind = k.kind AND g.is_current
               AND g.account_id = s.account_id AND g.observed_at >= k.since AND g.observed_at <= %(at)s
             ORDER BY g.observed_at DESC, g.id DESC LIMIT 1) own ON true
      LEFT JOIN LATERAL (
            SELECT g.id, g.raw, g.value, g.observed_at
              FROM accounts_signal g
             WHERE own.id IS NULL AND NOT k.is_tenure AND g.account_id = s.account_id AND g.contact_id IS NULL
               AND g.kind = k.kind AND g.is_current AND g.observed_at >= k.since AND g.observed_at <= %(at)s
             ORDER BY g.observed_at DESC, g.id DESC LIMIT 1) firm ON true
),
-- v in hundredths, d in millionths; kinds that are missing and left out fall away here.
weighed AS (
    SELECT f.id, f.kind, f.place, f.weight, f.signal_id, f.observed_at,
           coalesce(f.raw, f.months) AS raw,
           CASE WHEN f.signal_id IS NOT NULL THEN (f.value * 100)::bigint
                WHEN f.months IS NOT NULL THEN least(10000, (20000 * f.months::bigint + 24) / 48)
                WHEN f.missing = 'neutral' THEN 5000 ELSE 0 END AS v,
           CASE WHEN f.signal_id IS NULL OR f.decays = ARRAY[]::bigint[] THEN 1000000
                -- Whole weeks between the two Mondays; an observation of this very week has age 0.
                ELSE f.decays[1 + (((%(as_of)s::timestamptz AT TIME ZONE 'UTC')::date
                                    - (f.observed_at AT TIME ZONE 'UTC')::date) + 6) / 7] END AS d,
           CASE WHEN f.is_own THEN 'own' WHEN f.signal_id IS NOT NULL THEN 'account'
                WHEN f.months IS NOT NULL THEN 'derived' ELSE f.missing END AS origin
      FROM found f
     WHERE f.signal_id IS NOT NULL OR f.months IS NOT NULL OR f.missing <> 'reweight'
),
totals AS (
    SELECT w.id,
           sum(w.weight * w.d * w.v)::bigint AS n_sum,
           sum(w.weight * w.d)::bigint AS d_sum,
           coalesce(sum(w.weight) FILTER (WHERE w.origin NOT IN ('neutral', 'zero')), 0)::bigint AS present,
           coalesce(sum(w.weight * w.d) FILTER (WHERE w.origin NOT IN ('neutral', 'zero')), 0)::bigint AS present_decayed
      FROM weighed w
     GROUP BY w.id
),
-- Largest rest: each kind gets the floor of its share, the hundredths still missing go to the largest rests.
shared AS (
    SELECT w.*, t.n_sum, t.d_sum,
           w.weight * w.d * w.v / t.d_sum AS floor_points,
           sum(w.weight * w.d * w.v / t.d_sum) OVER (PARTITION BY w.id)::bigint AS floor_sum,
           row_number() OVER (PARTITION BY w.id ORDER BY w.weight * w.d * w.v %% t.d_sum DESC, w.kind) AS turn
      FROM weighed w JOIN totals t ON t.id = w.id
     WHERE t.d_sum > 0
),
-- Every word in the text below is a registry's own or a number, so nothing needs escaping; building it as text and
-- reading it once as jsonb takes a third of the time of jsonb_build_object.
explained AS (
    SELECT h.id,
           ('[' || string_agg(
               '{"kind": "' || h.kind || '", "weight": ' || h.weight || ', "value": "' || h.v * 0.01
               || '", "raw": ' || coalesce('"' || trim_scale(h.raw) || '"', 'null')
               || ', "observed_at": ' || coalesce('"' || to_char(h.observed_at AT TIME ZONE 'UTC',
                                                                 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"', 'null')
               || ', "signal_id": ' || coalesce(h.signal_id::text, 'null')
               || ', "decay": "' || h.d * 0.000001
               || '", "points": "' || (h.floor_points + (h.turn <= (2 * h.n_sum + h.d_sum) / (2 * h.d_sum)
                                                                  - h.floor_sum)::int) * 0.01
               || '", "origin": "' || h.origin || '"}', ', ' ORDER BY h.place) || ']')::jsonb AS parts
      FROM shared h
     GROUP BY h.id
),
numbers AS (
    SELECT s.id,
           CASE WHEN t.d_sum > 0 THEN (2 * t.n_sum + t.d_sum) / (2 * t.d_sum) * 0.01 END AS score,
           CASE WHEN l.weight_sum > 0 AND t.id IS NOT NULL
                THEN (20000 * t.present + l.weight_sum) / (2 * l.weight_sum) ELSE 0 END * 0.01 AS coverage,
           CASE WHEN l.weight_sum > 0 AND t.id IS NOT NULL
                THEN (20000 * t.present_decayed + l.weight_sum * 1000000) / (2000000 * l.weight_sum)
                ELSE 0 END * 0.01 AS confidence,
           coalesce(e.parts, '[]'::jsonb) AS parts
      FROM subjects s
     CROSS JOIN limits l
      LEFT JOIN totals t ON t.id = s.id
      LEFT JOIN explained e ON e.id = s.id
),
scored AS MATERIALIZED (
    SELECT n.id, n.score, n.coverage, n.confidence, n.parts,
           CASE WHEN n.score IS NULL OR n.confidence < l.min_confidence THEN 'unknown'
                WHEN n.score >= l.ready_from THEN 'ready'
                WHEN n.score >= l.warming_from THEN 'warming'
                ELSE 'not_ready' END AS band
      FROM numbers n CROSS JOIN limits l
)
