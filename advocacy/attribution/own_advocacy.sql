-- Basis and number of the expansion and renewal deals with a touch of their own customer that every check of the model
-- but the one of the side would let pass. The checks are those of eligibility, in the same words: rung, kind, as_of,
-- anchor (as_of while it is null), window before the opening, restart by another won deal.
-- {{sets}} is the query of the sets' ids. Indexes: advocacy_creditset_pkey, advocacy_touch_deal.
SELECT coalesce(sum(s.reporting_minor), 0), count(*)::int
FROM advocacy_creditset s
JOIN advocacy_opportunityfact f ON f.id = s.fact_id
JOIN advocacy_attributionmodelversion v ON v.id = s.model_version_id
WHERE s.id IN ({sets})
  AND f.kind IN ('expansion', 'renewal')
  AND EXISTS (
      SELECT FROM advocacy_touch t
      WHERE t.opportunity_id = s.opportunity_id
        AND t.superseded_at IS NULL
        AND t.void_reason = ''
        AND t.side = 'own'
        AND t.rung = ANY (v.rungs)
        AND (v.activity_kinds IS NULL OR t.activity_kind = ANY (v.activity_kinds))
        AND t.occurred_at <= s.as_of
        AND t.occurred_at <= coalesce(s.anchor_at, s.as_of)
        AND t.occurred_at >= f.opened_at - make_interval(hours => v.window_days * 24)
        AND (t.rung = 1 OR s.restart_at IS NULL OR t.occurred_at > s.restart_at)
  )
