-- Appends the stage that a deal entered.
INSERT INTO accounts_opportunitystage (opportunity_id, stage, entered_at)
SELECT s.object_id, s.stage,
       CASE WHEN %(by_moment)s THEN 'epoch'::timestamptz + s.clock_hi * interval '1 microsecond'
            ELSE %(at)s::timestamptz END
FROM accounts_stagedopportunity s
WHERE s.batch_id = %(batch)s AND s.has_work AND s.changes & {stage_bit} <> 0 AND s.stage <> ''
ON CONFLICT DO NOTHING
