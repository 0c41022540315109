-- The ledger takes what differs from its heads: lines, then headers, then heads, then events. chunk.py splits this
-- file at the lines that begin with two dashes and a name in brackets.

-- [choose] Sets whose fingerprint differs from the head's; a deal that never had credit needs no closing. Numbered deal
-- by deal, so that the rows of one deal lie side by side and indexes grow at their ends. The public id of a new head is
-- a name that opens nothing: one random number a statement and the head's own key make it unique, for where a random
-- number a row is a call to the system it costs more than the row.
INSERT INTO chunk_set
SELECT nextval('advocacy_creditset_id_seq'), moved.*
FROM (
    SELECT s.case_id, s.version_id, s.model_id, h.id,
           coalesce(h.public_id, md5(concat_ws('/', dice.thrown, s.model_id, s.case_id))::uuid),
           h.credit_set_id, coalesce(h.generation, 0) + 1, d.cause
    FROM (SELECT gen_random_uuid() AS thrown) dice, alloc_set s
    JOIN chunk_deal d ON d.opportunity_id = s.case_id
    LEFT JOIN advocacy_credithead h ON h.model_id = s.model_id AND h.opportunity_id = s.case_id
    LEFT JOIN advocacy_creditset c ON c.id = h.credit_set_id
    WHERE CASE WHEN h.id IS NULL THEN s.state = 'lines' ELSE c.fingerprint <> s.fingerprint END
    ORDER BY s.case_id, s.version_id
) moved;
ANALYZE chunk_set (set_id, case_id, version_id, former_set_id);

-- [lines]
INSERT INTO advocacy_credit (credit_set_id, line_no, touch_id, unattributed_reason, held, raw, credit_micros,
                             amount_minor, reporting_minor)
SELECT n.set_id, l.line_no, l.touch_id, l.unattributed_reason, l.held, l.raw, l.credit_micros, l.amount_minor,
       l.reporting_minor
FROM chunk_set n
JOIN alloc_line l ON l.case_id = n.case_id AND l.version_id = n.version_id
ORDER BY n.set_id, l.line_no;

-- [headers]
INSERT INTO advocacy_creditset (id, run_id, branch_id, model_id, model_version_id, opportunity_id, generation, cause,
    state, closed_reason, fact_id, rate_id, as_of, anchor_at, milestones, restart_at, path, rejected, rejected_codes,
    outcome, basis_minor, currency, reporting_minor, reporting_currency, fx_rate, fx_on, raw_total, flags, fingerprint)
SELECT n.set_id, %(run)s, 0, s.model_id, s.version_id, s.opportunity_id, n.generation, n.cause,
       s.state, s.closed_reason, s.fact_id, s.rate_id, s.as_of, s.anchor_at, s.milestones, s.restart_at, s.path,
       s.rejected, s.rejected_codes, s.outcome, s.basis_minor, s.currency, s.reporting_minor, s.reporting_currency,
       s.fx_rate, s.fx_on, s.raw_total, s.flags, s.fingerprint
FROM chunk_set n
JOIN alloc_set s ON s.case_id = n.case_id AND s.version_id = n.version_id
ORDER BY n.set_id;

-- [heads]
UPDATE advocacy_credithead h SET credit_set_id = n.set_id, generation = n.generation
FROM chunk_set n
WHERE h.id = n.head_id;
INSERT INTO advocacy_credithead (public_id, model_id, opportunity_id, credit_set_id, generation)
SELECT n.public_id, n.model_id, n.case_id, n.set_id, n.generation
FROM chunk_set n
WHERE n.head_id IS NULL
ORDER BY n.set_id;

-- [events] One per moved head, naming what became different. The first generation is new in all.
INSERT INTO clg_outboxevent (public_id, type, object_type, object_id, version, changed_fields, refs,
                             origin_kind, origin_source, origin_actor, trace_id)
SELECT md5(concat(dice.thrown, n.set_id))::uuid,
       'attribution.updated', 'attribution', n.public_id, n.generation,
       CASE WHEN n.former_set_id IS NULL THEN ARRAY['amount', 'credit_micros', 'flags', 'reporting_amount']
            ELSE array_remove(ARRAY[
                CASE WHEN f.basis_minor <> s.basis_minor OR f.currency <> s.currency OR l.amount THEN 'amount' END,
                CASE WHEN l.micros THEN 'credit_micros' END,
                CASE WHEN f.flags::text[] <> s.flags THEN 'flags' END,
                CASE WHEN f.reporting_minor IS DISTINCT FROM s.reporting_minor OR l.reporting
                     THEN 'reporting_amount' END], NULL) END,
       jsonb_build_object('opportunity', replace(o.public_id::text, '-', '')),
       %(origin_kind)s, %(origin_source)s, %(origin_actor)s, %(trace_id)s
FROM (SELECT gen_random_uuid() AS thrown) dice, chunk_set n
JOIN alloc_set s ON s.case_id = n.case_id AND s.version_id = n.version_id
JOIN accounts_opportunity o ON o.id = n.case_id
LEFT JOIN advocacy_creditset f ON f.id = n.former_set_id
LEFT JOIN (
    SELECT set_id, bool_or((old.touch_id, old.micros) IS DISTINCT FROM (new.touch_id, new.micros)) AS micros,
           bool_or((old.touch_id, old.amount) IS DISTINCT FROM (new.touch_id, new.amount)) AS amount,
           bool_or((old.touch_id, old.reporting) IS DISTINCT FROM (new.touch_id, new.reporting)) AS reporting
    FROM (
        SELECT n.set_id, c.line_no, coalesce(c.touch_id, 0) AS touch_id, c.credit_micros AS micros,
               c.amount_minor AS amount, c.reporting_minor AS reporting
        FROM chunk_set n
        JOIN advocacy_credit c ON c.credit_set_id = n.former_set_id  -- advocacy_credit_line_once
    ) old
    FULL JOIN (
        SELECT n.set_id, l.line_no, coalesce(l.touch_id, 0) AS touch_id, l.credit_micros AS micros,
               l.amount_minor AS amount, l.reporting_minor AS reporting
        FROM chunk_set n
        JOIN alloc_line l ON l.case_id = n.case_id AND l.version_id = n.version_id
        WHERE n.former_set_id IS NOT NULL
    ) new USING (set_id, line_no)
    GROUP BY set_id
) l ON l.set_id = n.set_id
ORDER BY n.set_id;

-- [totals] By model, what the new sets add and the former ones take away.
SELECT model_id, sum(sign * (lines > 0)::integer), sum(sign * (touched > 0)::integer), sum(sign * credited),
       sum(sign * unattributed), sum(sign * without_rate)
FROM (
    SELECT n.model_id, 1 AS sign, s.lines, s.touched, s.credited, s.unattributed,
           (s.lines > 0 AND s.reporting_minor IS NULL)::integer AS without_rate
    FROM chunk_set n
    JOIN alloc_set s ON s.case_id = n.case_id AND s.version_id = n.version_id
    UNION ALL
    SELECT n.model_id, -1, count(*), count(c.touch_id),
           coalesce(sum(c.reporting_minor) FILTER (WHERE c.touch_id IS NOT NULL), 0),
           coalesce(sum(c.reporting_minor) FILTER (WHERE c.touch_id IS NULL), 0),
           (count(c.reporting_minor) = 0)::integer
    FROM chunk_set n
    JOIN advocacy_credit c ON c.credit_set_id = n.former_set_id  -- advocacy_credit_line_once
    GROUP BY n.model_id, n.former_set_id
) k
GROUP BY model_id;

-- [refusals] By model and reason, likewise.
SELECT model_id, code, sum(sign)
FROM (
    SELECT n.model_id, 1 AS sign, unnest(s.rejected_codes) AS code
    FROM chunk_set n
    JOIN alloc_set s ON s.case_id = n.case_id AND s.version_id = n.version_id
    UNION ALL
    SELECT n.model_id, -1, unnest(f.rejected_codes)
    FROM chunk_set n
    JOIN advocacy_creditset f ON f.id = n.former_set_id
) k
GROUP BY model_id, code
HAVING sum(sign) <> 0;
