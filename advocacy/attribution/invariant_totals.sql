-- I3: the totals of each finished run are the sums of the state at that run: what its sets and those of the runs before
-- it added, less what they replaced.
WITH worth AS (
    SELECT s.run_id, s.model_id, s.opportunity_id, s.generation, (l.lines IS NOT NULL)::integer AS deals,
           (coalesce(l.touches, 0) > 0)::integer AS deals_credited, coalesce(l.credited, 0) AS credited_minor,
           coalesce(l.unattributed, 0) AS unattributed_minor,
           (l.lines IS NOT NULL AND l.reported = 0)::integer AS without_rate
    FROM advocacy_creditset s
    LEFT JOIN (
        SELECT credit_set_id, count(*) AS lines, count(touch_id) AS touches, count(reporting_minor) AS reported,
               sum(reporting_minor) FILTER (WHERE touch_id IS NOT NULL) AS credited,
               sum(reporting_minor) FILTER (WHERE touch_id IS NULL) AS unattributed
        FROM advocacy_credit GROUP BY 1
    ) l ON l.credit_set_id = s.id
    WHERE s.branch_id = 0
), change AS (
    SELECT run_id, model_id,
           sum(deals - was_deals) AS deals, sum(deals_credited - was_deals_credited) AS deals_credited,
           sum(credited_minor - was_credited_minor) AS credited_minor,
           sum(unattributed_minor - was_unattributed_minor) AS unattributed_minor,
           sum(without_rate - was_without_rate) AS without_rate
    FROM (
        SELECT *, lag(deals, 1, 0) OVER w AS was_deals, lag(deals_credited, 1, 0) OVER w AS was_deals_credited,
               lag(credited_minor, 1, 0::numeric) OVER w AS was_credited_minor,
               lag(unattributed_minor, 1, 0::numeric) OVER w AS was_unattributed_minor,
               lag(without_rate, 1, 0) OVER w AS was_without_rate
        FROM worth WINDOW w AS (PARTITION BY model_id, opportunity_id ORDER BY generation)
    ) stepped
    GROUP BY run_id, model_id
), state AS (
    SELECT r.id AS run_id, r.status, r.totals -> m.key AS totals,
           sum(c.deals) OVER w AS deals, sum(c.deals_credited) OVER w AS deals_credited,
           sum(c.credited_minor) OVER w AS credited_minor, sum(c.unattributed_minor) OVER w AS unattributed_minor,
           sum(c.without_rate) OVER w AS without_rate
    FROM advocacy_attributionrun r
    CROSS JOIN advocacy_attributionmodel m
    LEFT JOIN change c ON c.run_id = r.id AND c.model_id = m.id
    WHERE r.branch_id = 0
    WINDOW w AS (PARTITION BY m.id ORDER BY r.id)
)
SELECT DISTINCT 'run ' || run_id FROM state
WHERE status IN ('completed', 'failed')
  AND (coalesce((totals ->> 'deals')::bigint, 0), coalesce((totals ->> 'deals_credited')::bigint, 0),
       coalesce((totals ->> 'credited_minor')::numeric, 0), coalesce((totals ->> 'unattributed_minor')::numeric, 0),
       coalesce((totals ->> 'without_rate')::bigint, 0))
      IS DISTINCT FROM
      (coalesce(deals, 0)::bigint, coalesce(deals_credited, 0)::bigint, coalesce(credited_minor, 0)::numeric,
       coalesce(unattributed_minor, 0)::numeric, coalesce(without_rate, 0)::bigint)
