-- The ledger takes what differs from its heads: lines, then headers, then heads, then events. chunk.py splits this
-- file at the lines that begin with two dashes and a name in brackets.

-- [choose] Sets whose fingerprint differs from the head's; a deal that never had credit needs no closing.
INSERT INTO chunk_set
SELECT nextval('advocacy_creditset_id_seq'), s.case_id, s.version_id, s.model_id, h.id, h.credit_set_id,
       coalesce(h.generation, 0) + 1, d.cause
FROM alloc_set s
JOIN chunk_deal d ON d.opportunity_id = s.case_id
LEFT JOIN advocacy_credithead h ON h.model_id = s.model_id AND h.opportunity_id = s.case_id
LEFT JOIN advocacy_creditset c ON c.id = h.credit_set_id
WHERE CASE WHEN h.id IS NULL THEN s.state = 'lines' ELSE c.fingerprint <> s.fingerprint END;
ANALYZE chunk_set;

-- [lines]
INSERT INTO advocacy_credit (credit_set_id, line_no, touch_id, unattributed_reason, held, raw, credit_micros,
                             amount_minor, reporting_minor)
SELECT n.set_id, l.line_no, l.touch_id, l.unattributed_reason, l.held, l.raw, l.credit_micros, l.amount_minor,
       l.reporting_minor
FROM chunk_set n
JOIN alloc_line l ON l.case_id = n.case_id AND l.version_id = n.version_id;

-- [headers]
INSERT INTO advocacy_creditset (id, run_id, branch_id, model_id, model_version_id, opportunity_id, generation, cause,
    state, closed_reason, fact_id, rate_id, as_of, anchor_at, milestones, restart_at, path, rejected, rejected_codes,
    outcome, basis_minor, currency, reporting_minor, reporting_currency, fx_rate, fx_on, raw_total, flags, fingerprint)
SELECT n.set_id, %(run)s, 0, s.model_id, s.version_id, s.opportunity_id, n.generation, n.cause,
       s.state, s.closed_reason, s.fact_id, s.rate_id, s.as_of, s.anchor_at, s.milestones, s.restart_at, s.path,
       s.rejected, s.rejected_codes, s.outcome, s.basis_minor, s.currency, s.reporting_minor, s.reporting_currency,
       s.fx_rate, s.fx_on, s.raw_total, s.flags, s.fingerprint
FROM chunk_set n
JOIN alloc_set s ON s.case_id = n.case_id AND s.version_id = n.version_id;

-- [heads]
UPDATE advocacy_credithead h SET credit_set_id = n.set_id, generation = n.generation
FROM chunk_set n
WHERE h.id = n.head_id;
INSERT INTO advocacy_credithead (model_id, opportunity_id, credit_set_id, generation)
SELECT n.model_id, n.case_id, n.set_id, n.generation FROM chunk_set n WHERE n.head_id IS NULL;

-- [events] One per moved head, naming what became different. The first generation is new in all.
INSERT INTO clg_outboxevent (type, object_type, object_id, version, changed_fields, refs,
                             origin_kind, origin_source, origin_actor, trace_id)
SELECT 'attribution.updated', 'attribution', h.public_id, n.generation,
       CASE WHEN n.former_set_id IS NULL THEN ARRAY['amount', 'credit_micros', 'flags', 'reporting_amount']
            ELSE array_remove(ARRAY[
                CASE WHEN f.basis_minor <> s.basis_minor OR f.currency <> s.currency
                          OR old.amounts IS DISTINCT FROM new.amounts THEN 'amount' END,
                CASE WHEN old.micros IS DISTINCT FROM new.micros THEN 'credit_micros' END,
                CASE WHEN f.flags::text[] <> s.flags THEN 'flags' END,
                CASE WHEN f.reporting_minor IS DISTINCT FROM s.reporting_minor
                          OR old.reporting IS DISTINCT FROM new.reporting THEN 'reporting_amount' END], NULL) END,
       jsonb_build_object('opportunity', replace(o.public_id::text, '-', '')),
       %(origin_kind)s, %(origin_source)s, %(origin_actor)s, %(trace_id)s
FROM chunk_set n
JOIN alloc_set s ON s.case_id = n.case_id AND s.version_id = n.version_id
JOIN advocacy_credithead h ON h.credit_set_id = n.set_id
JOIN accounts_opportunity o ON o.id = n.case_id
LEFT JOIN advocacy_creditset f ON f.id = n.former_set_id
LEFT JOIN LATERAL (
    SELECT array_agg(ARRAY[coalesce(c.touch_id, 0), c.credit_micros] ORDER BY c.line_no) AS micros,
           array_agg(ARRAY[coalesce(c.touch_id, 0), c.amount_minor] ORDER BY c.line_no) AS amounts,
           array_agg(ARRAY[coalesce(c.touch_id, 0), c.reporting_minor] ORDER BY c.line_no) AS reporting
    FROM advocacy_credit c WHERE c.credit_set_id = n.former_set_id
) old ON n.former_set_id IS NOT NULL
LEFT JOIN LATERAL (
    SELECT array_agg(ARRAY[coalesce(c.touch_id, 0), c.credit_micros] ORDER BY c.line_no) AS micros,
           array_agg(ARRAY[coalesce(c.touch_id, 0), c.amount_minor] ORDER BY c.line_no) AS amounts,
           array_agg(ARRAY[coalesce(c.touch_id, 0), c.reporting_minor] ORDER BY c.line_no) AS reporting
    FROM advocacy_credit c WHERE c.credit_set_id = n.set_id
) new ON n.former_set_id IS NOT NULL
ORDER BY n.set_id;

-- [totals] By model, what the new sets add and the former ones take away.
SELECT n.model_id, sum(k.sign * (k.lines > 0)::integer), sum(k.sign * (k.touched > 0)::integer),
       sum(k.sign * k.credited), sum(k.sign * k.unattributed), sum(k.sign * k.without_rate)
FROM chunk_set n
CROSS JOIN LATERAL (
    SELECT CASE WHEN c.credit_set_id = n.set_id THEN 1 ELSE -1 END AS sign, count(*) AS lines,
           count(c.touch_id) AS touched,
           coalesce(sum(c.reporting_minor) FILTER (WHERE c.touch_id IS NOT NULL), 0) AS credited,
           coalesce(sum(c.reporting_minor) FILTER (WHERE c.touch_id IS NULL), 0) AS unattributed,
           (count(c.reporting_minor) = 0)::integer AS without_rate
    FROM advocacy_credit c
    WHERE c.credit_set_id IN (n.set_id, n.former_set_id)
    GROUP BY c.credit_set_id
) k
GROUP BY n.model_id;

-- [refusals] By model and reason, likewise.
SELECT n.model_id, r.code, sum(CASE WHEN s.id = n.set_id THEN 1 ELSE -1 END)
FROM chunk_set n
JOIN advocacy_creditset s ON s.id IN (n.set_id, n.former_set_id)
CROSS JOIN LATERAL unnest(s.rejected_codes) AS r (code)
GROUP BY n.model_id, r.code
HAVING sum(CASE WHEN s.id = n.set_id THEN 1 ELSE -1 END) <> 0;
