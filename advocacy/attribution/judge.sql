-- The allocator, first part: which deals a version covers, which touches it admits, in what order.
-- alloc_version, alloc_deal, alloc_touch -> alloc_case, alloc_scope, alloc_judged, alloc_path. Tables: tables.sql.
-- Versions that admit touches alike share a profile, and all this is worked out once per profile.

-- 1. What no version changes: the deal as at as_of, and its money.
INSERT INTO alloc_case
SELECT d.case_id, d.version_id, d.opportunity_id, d.fact_id, d.as_of, d.kind, d.opened_at, d.lead_at, k.closed_at,
       CASE WHEN k.closed_at IS NULL THEN 'open' ELSE d.outcome END,
       d.is_deleted, d.report_degree_bp IS NOT NULL, d.restart_at,
       m.basis, d.currency, m.reporting, d.reporting_currency,
       CASE WHEN NOT m.is_same THEN d.rate_id END, m.rate, CASE WHEN NOT m.is_same THEN d.rate_on END,
       array_remove(ARRAY[
           CASE WHEN d.amount IS NULL THEN 'basis_missing' END,
           CASE WHEN m.basis <> d.amount * m.scale THEN 'basis_rounded' END,
           CASE WHEN d.closed_is_estimated AND k.closed_at IS NOT NULL THEN 'closed_estimated' END,
           CASE WHEN k.closed_at < d.opened_at THEN 'dates_inverted' END,
           CASE WHEN m.rate IS NULL THEN 'fx_missing' END,
           CASE WHEN d.opened_is_estimated THEN 'opened_estimated' END], NULL),
       concat_ws('|', d.kind, d.currency, coalesce(trim_scale(d.amount)::text, '-'), m.basis,
                 d.reporting_currency, coalesce(m.reporting::text, '-'), coalesce(trim_scale(m.rate)::text, '-'),
                 CASE WHEN m.rate IS NOT NULL AND NOT m.is_same THEN d.rate_on - DATE '2000-01-01' ELSE 0 END,
                 CASE WHEN k.closed_at IS NULL THEN 'open' ELSE d.outcome END,
                 date_part('epoch', d.opened_at), coalesce(date_part('epoch', d.lead_at), 0),
                 coalesce(date_part('epoch', k.closed_at), 0), coalesce(date_part('epoch', d.restart_at), 0),
                 coalesce(d.report_degree_bp, -1))
FROM alloc_deal d
CROSS JOIN LATERAL (
    SELECT CASE WHEN d.outcome <> 'open' AND d.closed_at <= d.as_of THEN d.closed_at END AS closed_at) k
LEFT JOIN alloc_scale own ON own.currency = d.currency
LEFT JOIN alloc_scale other ON other.currency = d.reporting_currency
CROSS JOIN LATERAL (
    SELECT d.currency = d.reporting_currency AS is_same, coalesce(own.scale, 100) AS scale,
           round(coalesce(d.amount, 0) * coalesce(own.scale, 100))::bigint AS basis,
           CASE WHEN d.currency = d.reporting_currency THEN 1 ELSE d.rate END AS rate,
           round(coalesce(d.amount, 0) * coalesce(other.scale, 100)
                 * CASE WHEN d.currency = d.reporting_currency THEN 1 ELSE d.rate END)::bigint AS reporting) m;
ANALYZE alloc_case (case_id, version_id);

-- 2. Scope, once per profile.
INSERT INTO alloc_scope
SELECT v.version_id, c.case_id,
       CASE WHEN v.is_retired THEN 'model_retired'
            WHEN c.is_deleted THEN 'deleted'
            WHEN c.opened_at > c.as_of THEN 'not_opened_yet'
            WHEN c.kind <> ALL (v.opportunity_kinds) THEN 'kind_out_of_scope'
            WHEN v.family = 'reported' AND NOT (c.outcome = 'won' AND c.has_report) THEN 'no_buyer_report'
            WHEN v.anchor LIKE 'stage:%' AND s.entered_at IS NULL THEN 'milestone_not_reached'
            ELSE '' END,
       CASE v.anchor WHEN 'opened' THEN c.opened_at WHEN 'closed' THEN c.closed_at ELSE s.entered_at END
FROM alloc_version v
CROSS JOIN alloc_case c
LEFT JOIN alloc_stage s
       ON s.case_id = c.case_id AND v.anchor = 'stage:' || s.code AND s.entered_at <= c.as_of
WHERE v.version_id = v.profile_id
  AND (c.version_id IS NULL
       OR v.profile_id = (SELECT own.profile_id FROM alloc_version own WHERE own.version_id = c.version_id));
ANALYZE alloc_scope (profile_id, case_id, closed_reason);

-- 3. Every touch judged by the first reason that refuses it; then the dedupe rule, and the places on the path.
WITH judged AS MATERIALIZED (
    SELECT p.version_id AS profile_id, p.dedupe, t.case_id, t.touch_id, t.activity_id, t.encounter_id,
           t.activity_kind, t.champion_id, t.occurred_at, t.hint_milli,
           CASE WHEN t.void_reason = 'withdrawn' THEN 1
                WHEN t.void_reason = 'duplicate_activity' THEN 2
                WHEN p.is_sourced AND t.role <> 'sourced' THEN 3
                WHEN t.side <> ALL (p.sides) THEN 4
                WHEN t.rung <> ALL (p.rungs) THEN 5
                WHEN t.activity_kind <> ALL (p.activity_kinds) THEN 6
                WHEN t.occurred_at > c.as_of THEN 7
                WHEN t.occurred_at > s.anchor_at THEN 8
                WHEN t.occurred_at < c.opened_at - make_interval(hours => p.window_hours) THEN 9
                WHEN t.rung > 1 AND t.occurred_at <= c.restart_at THEN 10
           END AS code
    FROM alloc_scope s
    JOIN alloc_version p ON p.version_id = s.profile_id
    JOIN alloc_case c ON c.case_id = s.case_id
    JOIN alloc_touch t ON t.case_id = s.case_id
    WHERE s.closed_reason = ''
), eligible AS (
    SELECT j.*, j.dedupe = 'collapse' AND lag(j.activity_id) OVER (
               PARTITION BY j.profile_id, j.case_id ORDER BY j.occurred_at, j.activity_id, j.encounter_id
           ) IS NOT DISTINCT FROM j.activity_id AS is_repeat
    FROM judged j
    WHERE j.code IS NULL AND j.dedupe IN ('none', 'collapse')
    UNION ALL
    SELECT j.*, 1 < row_number() OVER (
               PARTITION BY j.profile_id, j.case_id, j.activity_id
               ORDER BY j.occurred_at, j.activity_id, j.encounter_id)
    FROM judged j
    WHERE j.code IS NULL AND j.dedupe = 'first'
    UNION ALL
    SELECT j.*, 1 < row_number() OVER (
               PARTITION BY j.profile_id, j.case_id, j.activity_id
               ORDER BY j.occurred_at DESC, j.activity_id DESC, j.encounter_id DESC)
    FROM judged j
    WHERE j.code IS NULL AND j.dedupe = 'last'
)
INSERT INTO alloc_judged
SELECT profile_id, case_id, touch_id, CASE WHEN is_repeat THEN 11 END,
       count(*) FILTER (WHERE NOT is_repeat) OVER (
           PARTITION BY profile_id, case_id ORDER BY occurred_at, activity_id, encounter_id),
       count(*) FILTER (WHERE NOT is_repeat) OVER (PARTITION BY profile_id, case_id),
       activity_kind, champion_id, activity_id, encounter_id, occurred_at, hint_milli
FROM eligible
UNION ALL
SELECT profile_id, case_id, touch_id, code, 0, 0,
       activity_kind, champion_id, activity_id, encounter_id, occurred_at, hint_milli
FROM judged
WHERE code IS NOT NULL;
ANALYZE alloc_judged (profile_id, case_id, code);
INSERT INTO alloc_path
SELECT profile_id, case_id, path, rejected, codes, concat_ws('/', path, rejected, codes)
FROM (
    SELECT profile_id, case_id, array_agg(touch_id ORDER BY place) FILTER (WHERE code IS NULL) AS path,
           array_agg(touch_id ORDER BY occurred_at, activity_id, encounter_id)
               FILTER (WHERE code IS NOT NULL) AS rejected,
           array_agg(code ORDER BY occurred_at, activity_id, encounter_id)
               FILTER (WHERE code IS NOT NULL) AS codes
    FROM alloc_judged
    GROUP BY profile_id, case_id
) j;
ANALYZE alloc_path (profile_id, case_id);
