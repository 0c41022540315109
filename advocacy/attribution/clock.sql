-- Time alone moves credit when a moment of a deal passes: it opens, closes, was a lead, enters a stage, or a touch
-- with a coming date happens. Touches by advocacy_touch_clock.
INSERT INTO advocacy_attributiondirty (opportunity_id, cause)
SELECT opportunity_id, 'clock'
FROM (
    SELECT f.opportunity_id
    FROM advocacy_opportunityfact f
    WHERE f.superseded_at IS NULL
      AND (f.opened_at > %(since)s AND f.opened_at <= %(until)s
           OR f.closed_at > %(since)s AND f.closed_at <= %(until)s
           OR f.lead_at > %(since)s AND f.lead_at <= %(until)s)
    UNION
    SELECT s.opportunity_id
    FROM accounts_opportunitystage s
    WHERE s.entered_at > %(since)s AND s.entered_at <= %(until)s
      AND EXISTS (SELECT FROM advocacy_attributionmodelversion v
                  WHERE v.anchor LIKE 'stage:%%' OR v.parameters::text LIKE '%%"stage:%%')
    UNION
    SELECT t.opportunity_id
    FROM advocacy_touch t
    WHERE t.superseded_at IS NULL AND t.occurred_at > %(since)s AND t.occurred_at <= %(until)s
) moved
ORDER BY 1;
