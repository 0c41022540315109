-- The allocator, third part: lines. alloc_weight -> alloc_line.
-- Everything is exact: bigint where products fit 63 bits, else numeric; both give the same.

-- 6a. Lines of equal weight, the most common: the first B mod n of n lines get one unit more.
INSERT INTO alloc_line
SELECT case_id, version_id, line_no, touch_id, '', held, raw,
       1000000 / lines + (line_no <= 1000000 % lines)::integer,
       sign(basis_minor)::integer * (abs(basis_minor) / lines + (line_no <= abs(basis_minor) % lines)::integer),
       sign(reporting_minor)::integer
       * (abs(reporting_minor) / lines + (line_no <= abs(reporting_minor) % lines)::integer)
FROM (
    SELECT w.case_id, w.version_id, CASE w.even_of WHEN 1 THEN 1 ELSE w.place END AS line_no, w.even_of AS lines,
           w.touch_id, w.held, coalesce(w.raw_big, w.raw) AS raw, c.basis_minor, c.reporting_minor
    FROM alloc_weight w
    JOIN alloc_case c ON c.case_id = w.case_id
    WHERE w.even_of IS NOT NULL AND (c.version_id IS NULL OR c.version_id = w.version_id)
) even;

-- 6b. All others: three roundings by the same weights, the floor of each share and one unit more to the largest
-- remainders. Where the deal is in the reporting currency the third is the second.
INSERT INTO alloc_line
SELECT case_id, version_id, line_no, touch_id, CASE WHEN touch_id IS NULL THEN 'not_by_references' ELSE '' END,
       held, coalesce(raw_big, raw),
       micros + (micros_rank <= 1000000 - sum(micros) OVER whole)::integer,
       amount_sign * (amount + (amount_rank <= basis - sum(amount) OVER whole)::integer),
       CASE WHEN is_same THEN amount_sign * (amount + (amount_rank <= basis - sum(amount) OVER whole)::integer)
            ELSE reporting_sign
                 * (reporting + (reporting_rank <= reporting_basis - sum(reporting) OVER whole)::integer) END
FROM (
    SELECT *,
           row_number() OVER (PARTITION BY version_id, case_id
                              ORDER BY micros_rest_big DESC, micros_rest DESC, line_no) AS micros_rank,
           row_number() OVER (PARTITION BY version_id, case_id
                              ORDER BY amount_rest_big DESC, amount_rest DESC, line_no) AS amount_rank,
           row_number() OVER (PARTITION BY version_id, case_id
                              ORDER BY reporting_rest_big DESC, reporting_rest DESC, line_no) AS reporting_rank
    FROM (
        SELECT *,
               CASE WHEN fits THEN 1000000 * raw % total END AS micros_rest,
               CASE WHEN fits THEN basis * raw % total END AS amount_rest,
               CASE WHEN fits AND NOT is_same THEN reporting_basis * raw % total END AS reporting_rest,
               CASE WHEN NOT fits THEN 1000000 * big - micros * big_total END AS micros_rest_big,
               CASE WHEN NOT fits THEN basis * big - amount * big_total END AS amount_rest_big,
               CASE WHEN NOT fits AND NOT is_same THEN reporting_basis * big - reporting * big_total
               END AS reporting_rest_big
        FROM (
            SELECT *,
                   CASE WHEN fits THEN 1000000 * raw / total ELSE div(1000000 * big, big_total)::bigint END AS micros,
                   CASE WHEN fits THEN basis * raw / total ELSE div(basis * big, big_total)::bigint END AS amount,
                   CASE WHEN is_same THEN NULL
                        WHEN fits THEN reporting_basis * raw / total
                        ELSE div(reporting_basis * big, big_total)::bigint END AS reporting
            FROM (
                SELECT *, coalesce(raw_big, raw) AS big, coalesce(total_big, total) AS big_total,
                       total_big IS NULL
                       AND greatest(1000000, basis, reporting_basis)::double precision * total < 9e18 AS fits
                FROM (
                    SELECT w.*, row_number() OVER in_order AS line_no,
                           (sum(w.raw) OVER whole)::bigint AS total, sum(w.raw_big) OVER whole AS total_big,
                           c.basis_minor IS NOT DISTINCT FROM c.reporting_minor AS is_same,
                           abs(c.basis_minor) AS basis, sign(c.basis_minor)::integer AS amount_sign,
                           abs(c.reporting_minor) AS reporting_basis,
                           sign(c.reporting_minor)::integer AS reporting_sign
                    FROM alloc_weight w
                    JOIN alloc_case c ON c.case_id = w.case_id
                    WHERE w.even_of IS NULL AND (c.version_id IS NULL OR c.version_id = w.version_id)
                    WINDOW whole AS (PARTITION BY w.version_id, w.case_id),
                           in_order AS (PARTITION BY w.version_id, w.case_id ORDER BY w.place)
                ) summed
            ) sized
        ) floored
    ) rested
) ranked
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
JOIN alloc_case c ON c.case_id = s.case_id AND (c.version_id IS NULL OR c.version_id = v.version_id)
WHERE NOT EXISTS (SELECT FROM alloc_weight w WHERE w.version_id = v.version_id AND w.case_id = c.case_id);
ANALYZE alloc_line (version_id, case_id);
