-- The allocator, last part: one header per (version, case), in scope or not. -> alloc_set.

-- 8. The headers, with the flags of the version beside those of the deal.
INSERT INTO alloc_set
SELECT c.case_id, v.version_id, v.model_id, c.opportunity_id,
       CASE WHEN s.closed_reason = '' THEN 'lines' ELSE 'closed' END, s.closed_reason, c.fact_id, c.rate_id, c.as_of,
       k.anchor_at, k.moments, c.restart_at, k.path, k.rejected, k.codes,
       c.outcome, c.basis_minor, c.currency, c.reporting_minor, c.reporting_currency, c.fx_rate, c.fx_on,
       coalesce(l.raw_total, 0), k.flags, coalesce(l.line_count, 0), coalesce(l.touched, 0), coalesce(l.credited, 0),
       coalesce(l.unattributed, 0),
       md5(CASE WHEN s.closed_reason = ''
                THEN concat_ws('/', v.version_id, c.inputs, coalesce(date_part('epoch', k.anchor_at), 0),
                               coalesce(k.moments::text, '-'), coalesce(p.inputs, '-'), k.flags, l.lines)
                ELSE concat_ws('/', 'closed', v.model_id, s.closed_reason) END)::uuid
FROM alloc_version v
JOIN alloc_scope s ON s.profile_id = v.profile_id
JOIN alloc_case c ON c.case_id = s.case_id AND (c.version_id IS NULL OR c.version_id = v.version_id)
LEFT JOIN alloc_path p ON p.profile_id = v.profile_id AND p.case_id = c.case_id
LEFT JOIN alloc_milestones m ON m.version_id = v.version_id AND m.case_id = c.case_id
LEFT JOIN (
    SELECT version_id, case_id, sum(raw) AS raw_total, bit_or(held) AS held, count(*) AS line_count,
           count(touch_id) AS touched,
           sum(reporting_minor) FILTER (WHERE touch_id IS NOT NULL) AS credited,
           sum(reporting_minor) FILTER (WHERE touch_id IS NULL) AS unattributed,
           bool_or(held = 0 AND touch_id IS NOT NULL) AS has_middle,
           string_agg(concat_ws(':', touch_id, unattributed_reason, held, raw, credit_micros, amount_minor,
                                reporting_minor), ',' ORDER BY line_no) AS lines
    FROM alloc_line
    GROUP BY version_id, case_id
) l ON l.version_id = v.version_id AND l.case_id = c.case_id
LEFT JOIN alloc_fallback f ON f.version_id = v.version_id AND f.case_id = c.case_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN s.closed_reason = '' THEN s.anchor_at END AS anchor_at,
           CASE WHEN s.closed_reason = '' THEN m.moments END AS moments,
           coalesce(p.path, '{}') AS path, coalesce(p.rejected, '{}') AS rejected, coalesce(p.codes, '{}') AS codes,
           CASE WHEN f.case_id IS NOT NULL
                THEN (SELECT array_agg(flag ORDER BY flag) FROM unnest(c.flags || 'fallback_last'::text) flag)
                WHEN v.family = 'positions' AND p.path IS NOT NULL
                     AND (l.held <> v.all_bits OR v.middle_weight > 0 AND NOT l.has_middle)
                THEN c.flags || 'renormalised'::text  -- the last of all flags in the alphabet
                ELSE c.flags END AS flags) k;
ANALYZE alloc_set (case_id, version_id);
