-- chunk_deal -> alloc_deal, alloc_touch: the rows of the deals as they stand. Shapes: tables.sql.
ANALYZE chunk_deal;

INSERT INTO alloc_deal
SELECT f.opportunity_id, NULL, f.opportunity_id, f.id, %(as_of)s, f.kind, f.amount, f.currency, f.opened_at,
       f.opened_is_estimated, f.lead_at, f.closed_at, f.closed_is_estimated, f.outcome, f.is_deleted,
       w.closed_at, NULL, %(currency)s, r.id, r.rate, r."on"
FROM chunk_deal d
JOIN advocacy_opportunityfact f  -- advocacy_opportunityfact_one_current
  ON f.opportunity_id = d.opportunity_id AND f.superseded_at IS NULL
LEFT JOIN LATERAL (
    SELECT w.closed_at FROM advocacy_opportunityfact w  -- advocacy_oppfact_restart
    WHERE w.account_id = f.account_id AND w.superseded_at IS NULL AND w.outcome = 'won' AND NOT w.is_deleted
      AND w.opportunity_id <> f.opportunity_id AND w.closed_at <= f.opened_at
    ORDER BY w.closed_at DESC LIMIT 1
) w ON true
CROSS JOIN LATERAL (
    SELECT (CASE WHEN f.outcome <> 'open' AND f.closed_at <= %(as_of)s THEN f.closed_at ELSE f.opened_at END
            AT TIME ZONE 'UTC')::date AS of_day
) x
LEFT JOIN LATERAL (
    SELECT r.id, r.rate, r."on" FROM accounts_exchangerate r  -- accounts_exchangerate_lookup
    WHERE f.currency <> %(currency)s AND r.currency = f.currency
      AND r."on" <= x.of_day AND r."on" >= x.of_day - %(rate_days)s
    ORDER BY r."on" DESC, r.id DESC LIMIT 1
) r ON true;
ANALYZE alloc_deal (case_id);

INSERT INTO alloc_touch
SELECT t.opportunity_id, t.id, t.encounter_id, t.activity_id, t.activity_kind, t.champion_id, t.occurred_at, t.role,
       t.rung, t.side, (t.weight_hint * 1000)::integer, t.void_reason
FROM chunk_deal d
JOIN advocacy_touch t ON t.opportunity_id = d.opportunity_id AND t.superseded_at IS NULL;  -- advocacy_touch_deal
ANALYZE alloc_touch (case_id);

INSERT INTO alloc_stage
SELECT s.opportunity_id, s.stage, min(s.entered_at)
FROM chunk_deal d
JOIN accounts_opportunitystage s ON s.opportunity_id = d.opportunity_id
WHERE s.stage = ANY (%(stages)s::text[])
GROUP BY s.opportunity_id, s.stage;
ANALYZE alloc_stage (case_id);
