-- chunk_mark -> match_encounter, chunk_road. Rates, stages, models, amounts and the clock move no touch.
ANALYZE chunk_mark;

INSERT INTO match_encounter
SELECT DISTINCT m.encounter_id FROM chunk_mark m WHERE m.encounter_id IS NOT NULL
ON CONFLICT DO NOTHING;

-- A changed company may move sides and rungs of its whole family: every deal below its top.
WITH RECURSIVE above AS (
    SELECT a.id, a.parent_id FROM chunk_mark m JOIN accounts_account a ON a.id = m.account_id
    UNION
    SELECT a.id, a.parent_id FROM above w JOIN accounts_account a ON a.id = w.parent_id
), family AS (
    SELECT id FROM above
    UNION
    SELECT a.id FROM family w JOIN accounts_account a ON a.parent_id = w.id
)
INSERT INTO chunk_road
SELECT m.opportunity_id FROM chunk_mark m
WHERE m.opportunity_id IS NOT NULL AND m.can_move_touches
  AND m.cause IN ('deal', 'match', 'touch', 'withdrawal', 'full')
UNION
SELECT d.id FROM family w JOIN accounts_opportunity d ON d.account_id = w.id;
