-- The allocator, second part: how much each path touch weighs under each version, in whole numbers.
-- alloc_judged -> alloc_holder, alloc_milestones, alloc_weight.

-- 4. Holders of positions, for the versions that name a milestone: the last path touch at or before the moment.
INSERT INTO alloc_holder
SELECT version_id, case_id, place, sum(weight), bit_or(bit), count(*) OVER (PARTITION BY version_id, case_id)
FROM (
    SELECT n.version_id, j.case_id, n.weight, n.bit,
           CASE n.position WHEN 'first' THEN 1 ELSE max(j.place) END AS place
    FROM alloc_position n
    JOIN alloc_version v ON v.version_id = n.version_id AND v.names_milestone
    JOIN alloc_judged j ON j.profile_id = v.profile_id AND j.code IS NULL
    JOIN alloc_case c ON c.case_id = j.case_id AND (c.version_id IS NULL OR c.version_id = v.version_id)
    LEFT JOIN alloc_stage s ON s.case_id = j.case_id AND n.position = 'stage:' || s.code
    WHERE n.position IN ('first', 'last')
       OR j.occurred_at <= CASE n.position WHEN 'lead' THEN c.lead_at WHEN 'opened' THEN c.opened_at
                                           WHEN 'closed' THEN c.closed_at ELSE s.entered_at END
          AND c.as_of >= CASE n.position WHEN 'lead' THEN c.lead_at WHEN 'opened' THEN c.opened_at
                                         WHEN 'closed' THEN c.closed_at ELSE s.entered_at END
    GROUP BY n.version_id, j.case_id, n.position, n.weight, n.bit
) h
GROUP BY version_id, case_id, place;
ANALYZE alloc_holder (version_id, case_id);
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
    JOIN alloc_case c ON (c.version_id IS NULL OR c.version_id = v.version_id)
    LEFT JOIN alloc_stage g ON g.case_id = c.case_id AND n.position = 'stage:' || g.code
    WHERE n.position NOT IN ('first', 'last')
) m
GROUP BY version_id, case_id;

-- 5. Raw weights.
-- 5a. Positions without milestones: the holders are the two ends.
INSERT INTO alloc_weight (version_id, case_id, place, touch_id, held, raw, even_of)
SELECT version_id, case_id, place, touch_id, held,
       CASE WHEN held = 0 THEN middle_weight::bigint
            ELSE weight::bigint * greatest(1, places - (first_bit > 0)::integer - (last_bit > 0)::integer) END
       * CASE WHEN use_hint THEN hint_milli ELSE 1 END,
       CASE WHEN places = 1 OR middle_weight = 0 AND (first_bit = 0 OR last_bit = 0) THEN 1
            WHEN all_bits = 0 AND NOT use_hint THEN places END
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
       CASE WHEN h.bits IS NULL THEN v.middle_weight::bigint
            ELSE h.weight::bigint * greatest(1, j.places - h.holders) END
       * CASE WHEN v.use_hint THEN j.hint_milli ELSE 1 END
FROM alloc_version v
JOIN alloc_judged j ON j.profile_id = v.profile_id AND j.code IS NULL
LEFT JOIN alloc_holder h ON h.version_id = v.version_id AND h.case_id = j.case_id AND h.place = j.place
WHERE v.family = 'positions' AND v.names_milestone AND (h.bits IS NOT NULL OR v.middle_weight > 0);

-- 5c. The last touch of a kind that is not passed over, else the last.
INSERT INTO alloc_weight (version_id, case_id, place, touch_id, held, raw, even_of)
SELECT DISTINCT ON (v.version_id, j.case_id) v.version_id, j.case_id, j.place, j.touch_id, 0,
       CASE WHEN v.use_hint THEN j.hint_milli ELSE 1 END, 1
FROM alloc_version v
JOIN alloc_judged j ON j.profile_id = v.profile_id AND j.code IS NULL
WHERE v.family = 'last_non'
ORDER BY v.version_id, j.case_id, j.activity_kind = ANY (v.excluded), j.place DESC;
INSERT INTO alloc_fallback
SELECT w.version_id, w.case_id
FROM alloc_version v
JOIN alloc_weight w ON w.version_id = v.version_id
JOIN alloc_judged j ON j.profile_id = v.profile_id AND j.case_id = w.case_id AND j.touch_id = w.touch_id
WHERE v.family = 'last_non' AND j.activity_kind = ANY (v.excluded);
ANALYZE alloc_fallback;

-- 5d. Half-life decay back from the last path touch: 10^24 * 2^-(age / half-life), rounded half up. The power of an
-- age is the product of the powers of its days, hours, ... microseconds; each of those is worked out once a session.
INSERT INTO alloc_age
SELECT v.version_id, j.case_id, j.place, j.touch_id, CASE WHEN v.use_hint THEN j.hint_milli ELSE 1 END,
       v.half_life_hours, j.places,
       round((date_part('epoch', j.last_at) - date_part('epoch', j.occurred_at)) * 1000000)::bigint
FROM alloc_version v
JOIN (SELECT *, max(occurred_at) OVER (PARTITION BY profile_id, case_id) AS last_at
      FROM alloc_judged WHERE code IS NULL) j ON j.profile_id = v.profile_id
WHERE v.family = 'time_decay';
ANALYZE alloc_age (version_id, case_id);

INSERT INTO alloc_decay
SELECT half_life_hours, unit, step,
       power(2::numeric(70, 45), -((step * unit)::numeric(70, 45) / (half_life_hours * 3600000000::bigint)))
FROM (
    SELECT a.half_life_hours, u.unit, u.step
    FROM alloc_age a
    CROSS JOIN LATERAL (VALUES (86400000000, a.age_us / 86400000000), (60000000, a.age_us / 60000000 % 1440),
                               (1000000, a.age_us / 1000000 % 60), (1000, a.age_us / 1000 % 1000),
                               (1, a.age_us % 1000)) u (unit, step)
    WHERE a.age_us > 0
    EXCEPT
    SELECT half_life_hours, unit, step FROM alloc_decay
) needed;

INSERT INTO alloc_weight (version_id, case_id, place, touch_id, held, raw, raw_big, even_of)
SELECT version_id, case_id, place, touch_id, 0, 0, raw * hint_milli, CASE places WHEN 1 THEN 1 END
FROM (
    SELECT a.*, CASE WHEN a.age_us = 0 THEN 1e24
                     WHEN f5.factor = 1 AND f4.factor = 1 THEN round(f1.factor * f2.factor * f3.factor * 1e24)
                     ELSE round(f1.factor * f2.factor * f3.factor * f4.factor * f5.factor * 1e24) END AS raw
    FROM alloc_age a
    LEFT JOIN alloc_decay f1 ON f1.half_life_hours = a.half_life_hours AND f1.unit = 86400000000
                            AND f1.step = a.age_us / 86400000000
    LEFT JOIN alloc_decay f2 ON f2.half_life_hours = a.half_life_hours AND f2.unit = 60000000
                            AND f2.step = a.age_us / 60000000 % 1440
    LEFT JOIN alloc_decay f3 ON f3.half_life_hours = a.half_life_hours AND f3.unit = 1000000
                            AND f3.step = a.age_us / 1000000 % 60
    LEFT JOIN alloc_decay f4 ON f4.half_life_hours = a.half_life_hours AND f4.unit = 1000
                            AND f4.step = a.age_us / 1000 % 1000
    LEFT JOIN alloc_decay f5 ON f5.half_life_hours = a.half_life_hours AND f5.unit = 1 AND f5.step = a.age_us % 1000
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
ANALYZE alloc_weight (version_id, case_id, even_of);
