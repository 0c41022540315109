-- The allocator: alloc_version, alloc_deal, alloc_touch, ... -> alloc_set, alloc_line. Tables: tables.sql.
-- Versions that admit touches alike share a profile; scope, refusals and path are worked out once per profile,
-- weights and rounding once per version. Everything is exact: bigint where products fit 63 bits, else numeric.

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
ANALYZE alloc_case;

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
ANALYZE alloc_scope;

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
ANALYZE alloc_judged;
INSERT INTO alloc_path
SELECT profile_id, case_id,
       array_agg(touch_id ORDER BY place) FILTER (WHERE code IS NULL),
       array_agg(touch_id ORDER BY occurred_at, activity_id, encounter_id) FILTER (WHERE code IS NOT NULL),
       array_agg(code ORDER BY occurred_at, activity_id, encounter_id) FILTER (WHERE code IS NOT NULL)
FROM alloc_judged
GROUP BY profile_id, case_id;
ANALYZE alloc_path;

-- 4. Holders of positions, for the versions that name a milestone: the last path touch at or before the moment.
INSERT INTO alloc_holder
SELECT version_id, case_id, place, sum(weight), bit_or(bit), count(*) OVER (PARTITION BY version_id, case_id)
FROM (
    SELECT n.version_id, j.case_id, n.weight, n.bit,
           CASE n.position WHEN 'first' THEN 1 ELSE max(j.place) END AS place
    FROM alloc_position n
    JOIN alloc_version v ON v.version_id = n.version_id AND v.names_milestone
    JOIN alloc_judged j ON j.profile_id = v.profile_id AND j.code IS NULL
    JOIN alloc_case c ON c.case_id = j.case_id AND coalesce(c.version_id, v.version_id) = v.version_id
    LEFT JOIN alloc_stage s ON s.case_id = j.case_id AND n.position = 'stage:' || s.code
    WHERE n.position IN ('first', 'last')
       OR j.occurred_at <= CASE n.position WHEN 'lead' THEN c.lead_at WHEN 'opened' THEN c.opened_at
                                           WHEN 'closed' THEN c.closed_at ELSE s.entered_at END
          AND c.as_of >= CASE n.position WHEN 'lead' THEN c.lead_at WHEN 'opened' THEN c.opened_at
                                         WHEN 'closed' THEN c.closed_at ELSE s.entered_at END
    GROUP BY n.version_id, j.case_id, n.position, n.weight, n.bit
) h
GROUP BY version_id, case_id, place;
ANALYZE alloc_holder;
INSERT INTO alloc_milestones
SELECT version_id, case_id,
       coalesce(jsonb_object_agg(position, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
                FILTER (WHERE at <= as_of), '{}')
FROM (
    SELECT n.version_id, c.case_id, n.position, c.as_of,
           CASE n.position WHEN 'lead' THEN c.lead_at WHEN 'opened' THEN c.opened_at
                           WHEN 'closed' THEN c.closed_at ELSE g.entered_at END AS at
    FROM alloc_position n
    JOIN alloc_version v ON v.version_id = n.version_id AND v.names_milestone
    JOIN alloc_case c ON coalesce(c.version_id, v.version_id) = v.version_id
    LEFT JOIN alloc_stage g ON g.case_id = c.case_id AND n.position = 'stage:' || g.code
    WHERE n.position NOT IN ('first', 'last')
) m
GROUP BY version_id, case_id;

-- 5. Raw weights.
-- 5a. Positions without milestones: the holders are the two ends.
INSERT INTO alloc_weight (version_id, case_id, place, touch_id, held, raw)
SELECT version_id, case_id, place, touch_id, held,
       CASE WHEN held = 0 THEN middle_weight
            ELSE weight::bigint * greatest(1, places - (first_bit > 0)::integer - (last_bit > 0)::integer) END
       * CASE WHEN use_hint THEN hint_milli ELSE 1 END
FROM (
    SELECT v.*, j.case_id, j.place, j.places, j.touch_id, j.hint_milli,
           CASE WHEN j.place = 1 THEN v.first_bit ELSE 0 END
           | CASE WHEN j.place = j.places THEN v.last_bit ELSE 0 END AS held,
           CASE WHEN j.place = 1 THEN v.first_weight ELSE 0 END
           + CASE WHEN j.place = j.places THEN v.last_weight ELSE 0 END AS weight
    FROM alloc_version v
    JOIN alloc_judged j ON j.profile_id = v.profile_id AND j.code IS NULL
    WHERE v.family = 'positions' AND NOT v.names_milestone
      AND (v.middle_weight > 0 OR j.place = 1 AND v.first_bit > 0 OR j.place = j.places AND v.last_bit > 0)
) w;

-- 5b. Positions with milestones.
INSERT INTO alloc_weight (version_id, case_id, place, touch_id, held, raw)
SELECT v.version_id, j.case_id, j.place, j.touch_id, coalesce(h.bits, 0),
       CASE WHEN h.bits IS NULL THEN v.middle_weight ELSE h.weight * greatest(1, j.places - h.holders) END
       * CASE WHEN v.use_hint THEN j.hint_milli ELSE 1 END
FROM alloc_version v
JOIN alloc_judged j ON j.profile_id = v.profile_id AND j.code IS NULL
LEFT JOIN alloc_holder h ON h.version_id = v.version_id AND h.case_id = j.case_id AND h.place = j.place
WHERE v.family = 'positions' AND v.names_milestone AND (h.bits IS NOT NULL OR v.middle_weight > 0);

-- 5c. The last touch of a kind that is not passed over, else the last.
INSERT INTO alloc_weight (version_id, case_id, place, touch_id, held, raw)
SELECT DISTINCT ON (v.version_id, j.case_id) v.version_id, j.case_id, j.place, j.touch_id, 0,
       CASE WHEN v.use_hint THEN j.hint_milli ELSE 1 END
FROM alloc_version v
JOIN alloc_judged j ON j.profile_id = v.profile_id AND j.code IS NULL
WHERE v.family = 'last_non'
ORDER BY v.version_id, j.case_id, j.activity_kind = ANY (v.excluded), j.place DESC;

-- 5d. Half-life decay back from the last path touch.
INSERT INTO alloc_weight (version_id, case_id, place, touch_id, held, raw, raw_big)
SELECT version_id, case_id, place, touch_id, 0, 0, raw
FROM (
    SELECT v.version_id, j.case_id, j.place, j.touch_id,
           round(power(2::numeric(60, 40),
                       -((j.last_us - j.at_us)::numeric / (v.half_life_hours * 3600000000::bigint))::numeric(60, 40))
                 * 1e24)
           * CASE WHEN v.use_hint THEN j.hint_milli ELSE 1 END AS raw
    FROM alloc_version v
    JOIN (SELECT profile_id, case_id, place, touch_id, hint_milli, at_us,
                 max(at_us) OVER (PARTITION BY profile_id, case_id) AS last_us
          FROM (SELECT *, round(date_part('epoch', occurred_at) * 1000000)::bigint AS at_us
                FROM alloc_judged WHERE code IS NULL) j) j ON j.profile_id = v.profile_id
    WHERE v.family = 'time_decay'
) w
WHERE raw > 0;

-- 5e. What the buyer reported, and what they laid to other things.
INSERT INTO alloc_weight (version_id, case_id, place, touch_id, held, raw)
SELECT version_id, case_id, place, touch_id, 0, raw
FROM (
    SELECT v.version_id, j.case_id, j.place, j.touch_id,
           720720::bigint * d.report_degree_bp * r.share_bp
           / count(*) OVER (PARTITION BY v.version_id, j.case_id, j.champion_id) AS raw
    FROM alloc_version v
    JOIN alloc_judged j ON j.profile_id = v.profile_id AND j.code IS NULL
    JOIN alloc_deal d ON d.case_id = j.case_id
    JOIN alloc_share r ON r.case_id = j.case_id AND r.champion_id = j.champion_id
    WHERE v.family = 'reported'
) w
WHERE raw > 0;
INSERT INTO alloc_weight (version_id, case_id, place, touch_id, held, raw)
SELECT w.version_id, w.case_id, max(w.place) + 1, NULL, 0, 72072000000000 - sum(w.raw)
FROM alloc_weight w
JOIN alloc_version v ON v.version_id = w.version_id AND v.family = 'reported'
GROUP BY w.version_id, w.case_id
HAVING sum(w.raw) < 72072000000000;
ANALYZE alloc_weight;

-- 6. Three roundings by the same weights: the floor of each share, and one unit more to the largest remainders.
INSERT INTO alloc_line
SELECT case_id, version_id, line_no, touch_id, CASE WHEN touch_id IS NULL THEN 'not_by_references' ELSE '' END,
       held, raw_out,
       micros + (micros_rank <= 1000000 - sum(micros) OVER whole)::integer,
       amount_sign * (amount + (amount_rank <= basis - sum(amount) OVER whole)::integer),
       reporting_sign * (reporting + (reporting_rank <= reporting_basis - sum(reporting) OVER whole)::integer)
FROM (
    SELECT *,
           row_number() OVER (PARTITION BY version_id, case_id
                              ORDER BY micros_rest_big DESC, micros_rest DESC, line_no) AS micros_rank,
           row_number() OVER (PARTITION BY version_id, case_id
                              ORDER BY amount_rest_big DESC, amount_rest DESC, line_no) AS amount_rank,
           row_number() OVER (PARTITION BY version_id, case_id
                              ORDER BY reporting_rest_big DESC, reporting_rest DESC, line_no) AS reporting_rank
    FROM (
        SELECT case_id, version_id, line_no, touch_id, held, coalesce(raw_big, raw) AS raw_out,
               basis, amount_sign, reporting_basis, reporting_sign,
               CASE WHEN fits THEN 1000000 * raw / total ELSE div(1000000 * big, big_total)::bigint END AS micros,
               CASE WHEN fits THEN 1000000 * raw % total END AS micros_rest,
               CASE WHEN NOT fits THEN mod(1000000 * big, big_total) END AS micros_rest_big,
               CASE WHEN fits THEN basis * raw / total ELSE div(basis * big, big_total)::bigint END AS amount,
               CASE WHEN fits THEN basis * raw % total END AS amount_rest,
               CASE WHEN NOT fits THEN mod(basis * big, big_total) END AS amount_rest_big,
               CASE WHEN fits THEN reporting_basis * raw / total
                    ELSE div(reporting_basis * big, big_total)::bigint END AS reporting,
               CASE WHEN fits THEN reporting_basis * raw % total END AS reporting_rest,
               CASE WHEN NOT fits THEN mod(reporting_basis * big, big_total) END AS reporting_rest_big
        FROM (
            SELECT *, coalesce(raw_big, raw) AS big, coalesce(total_big, total) AS big_total,
                   total_big IS NULL
                   AND greatest(1000000, basis, reporting_basis)::double precision * total < 9e18 AS fits
            FROM (
                SELECT w.*, row_number() OVER in_order AS line_no,
                       (sum(w.raw) OVER whole)::bigint AS total, sum(w.raw_big) OVER whole AS total_big,
                       abs(c.basis_minor) AS basis, sign(c.basis_minor)::integer AS amount_sign,
                       abs(c.reporting_minor) AS reporting_basis, sign(c.reporting_minor)::integer AS reporting_sign
                FROM alloc_weight w
                JOIN alloc_case c ON c.case_id = w.case_id
                WHERE coalesce(c.version_id, w.version_id) = w.version_id
                WINDOW whole AS (PARTITION BY w.version_id, w.case_id),
                       in_order AS (PARTITION BY w.version_id, w.case_id ORDER BY w.place)
            ) a
        ) b
    ) c
) d
WINDOW whole AS (PARTITION BY version_id, case_id);

-- 7. Nothing to credit: the whole deal in one line without touch.
INSERT INTO alloc_line
SELECT c.case_id, v.version_id, 1, NULL,
       CASE WHEN EXISTS (SELECT FROM alloc_judged j
                         WHERE j.profile_id = v.profile_id AND j.case_id = c.case_id AND j.code IS NULL)
            THEN 'no_weight'
            WHEN EXISTS (SELECT FROM alloc_touch t WHERE t.case_id = c.case_id) THEN 'no_eligible_touch'
            ELSE 'no_touch' END,
       0, 1, 1000000, c.basis_minor, c.reporting_minor
FROM alloc_version v
JOIN alloc_scope s ON s.profile_id = v.profile_id AND s.closed_reason = ''
JOIN alloc_case c ON c.case_id = s.case_id AND coalesce(c.version_id, v.version_id) = v.version_id
WHERE NOT EXISTS (SELECT FROM alloc_weight w WHERE w.version_id = v.version_id AND w.case_id = c.case_id);
ANALYZE alloc_line;

-- 8. The headers, with the flags of the version beside those of the deal.
INSERT INTO alloc_set
SELECT c.case_id, v.version_id, v.model_id, c.opportunity_id,
       CASE WHEN s.closed_reason = '' THEN 'lines' ELSE 'closed' END, s.closed_reason, c.fact_id, c.rate_id, c.as_of,
       k.anchor_at, k.moments, c.restart_at, k.path, k.rejected, k.codes,
       c.outcome, c.basis_minor, c.currency, c.reporting_minor, c.reporting_currency, c.fx_rate, c.fx_on,
       coalesce(l.raw_total, 0), k.flags,
       md5(CASE WHEN s.closed_reason = ''
                THEN concat_ws('/', v.version_id, c.inputs, coalesce(date_part('epoch', k.anchor_at), 0),
                               coalesce(k.moments::text, '-'), k.path, k.rejected, k.codes, k.flags, l.lines)
                ELSE concat_ws('/', 'closed', v.model_id, s.closed_reason) END)::uuid
FROM alloc_version v
JOIN alloc_scope s ON s.profile_id = v.profile_id
JOIN alloc_case c ON c.case_id = s.case_id AND coalesce(c.version_id, v.version_id) = v.version_id
LEFT JOIN alloc_path p ON p.profile_id = v.profile_id AND p.case_id = c.case_id
LEFT JOIN alloc_milestones m ON m.version_id = v.version_id AND m.case_id = c.case_id
LEFT JOIN (
    SELECT version_id, case_id, sum(raw) AS raw_total, bit_or(held) AS held,
           bool_or(held = 0 AND touch_id IS NOT NULL) AS has_middle,
           string_agg(concat_ws(':', touch_id, unattributed_reason, held, raw, credit_micros, amount_minor,
                                reporting_minor), ',' ORDER BY line_no) AS lines
    FROM alloc_line
    GROUP BY version_id, case_id
) l ON l.version_id = v.version_id AND l.case_id = c.case_id
LEFT JOIN (
    SELECT w.version_id, w.case_id, true AS is_passed_over
    FROM alloc_version w_v
    JOIN alloc_weight w ON w.version_id = w_v.version_id
    JOIN alloc_judged j ON j.profile_id = w_v.profile_id AND j.case_id = w.case_id AND j.touch_id = w.touch_id
    WHERE w_v.family = 'last_non' AND j.activity_kind = ANY (w_v.excluded)
) f ON f.version_id = v.version_id AND f.case_id = c.case_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN s.closed_reason = '' THEN s.anchor_at END AS anchor_at,
           CASE WHEN s.closed_reason = '' THEN m.moments END AS moments,
           coalesce(p.path, '{}') AS path, coalesce(p.rejected, '{}') AS rejected, coalesce(p.codes, '{}') AS codes,
           CASE WHEN f.is_passed_over
                THEN (SELECT array_agg(flag ORDER BY flag) FROM unnest(c.flags || 'fallback_last'::text) flag)
                WHEN v.family = 'positions' AND p.path IS NOT NULL
                     AND (l.held <> v.all_bits OR v.middle_weight > 0 AND NOT l.has_middle)
                THEN c.flags || 'renormalised'::text  -- the last of all flags in the alphabet
                ELSE c.flags END AS flags) k;
