-- The stored inputs of sets, as cases of the allocator: the fact, the rate, the moments and the touches they name.
INSERT INTO alloc_deal
SELECT s.id, s.model_version_id, s.opportunity_id, s.fact_id, s.as_of, f.kind, f.amount, f.currency, f.opened_at,
       f.opened_is_estimated, f.lead_at, f.closed_at, f.closed_is_estimated, f.outcome, f.is_deleted, s.restart_at,
       NULL, s.reporting_currency, r.id, r.rate, r."on"
FROM advocacy_creditset s
JOIN advocacy_opportunityfact f ON f.id = s.fact_id
LEFT JOIN accounts_exchangerate r ON r.id = s.rate_id
WHERE s.id = ANY (%(sets)s);
ANALYZE alloc_deal;

INSERT INTO alloc_touch
SELECT s.id, t.id, t.encounter_id, t.activity_id, t.activity_kind, t.champion_id, t.occurred_at, t.role, t.rung, t.side,
       (t.weight_hint * 1000)::integer, t.void_reason
FROM advocacy_creditset s
CROSS JOIN LATERAL unnest(s.path || s.rejected) AS named (touch_id)
JOIN advocacy_touch t ON t.id = named.touch_id
WHERE s.id = ANY (%(sets)s);
ANALYZE alloc_touch;

INSERT INTO alloc_stage
SELECT s.id, substr(m.key, 7), (m.value #>> '{}')::timestamptz
FROM advocacy_creditset s
CROSS JOIN LATERAL jsonb_each(coalesce(s.milestones, '{}')) AS m
WHERE s.id = ANY (%(sets)s) AND m.key LIKE 'stage:%%'
UNION
SELECT s.id, substr(v.anchor, 7), s.anchor_at
FROM advocacy_creditset s
JOIN advocacy_attributionmodelversion v ON v.id = s.model_version_id
WHERE s.id = ANY (%(sets)s) AND v.anchor LIKE 'stage:%%' AND s.anchor_at IS NOT NULL;
ANALYZE alloc_stage;
