-- Give events without a position, by id, the following numbers, and raise the last one. Run in the statement after
-- the lock on clg_feedstate, so that its snapshot sees every event committed before. Index clg_outboxevent_unnumbered.
WITH fresh AS (
    SELECT id, row_number() OVER (ORDER BY id) AS place
    FROM (SELECT id FROM clg_outboxevent WHERE position IS NULL ORDER BY id LIMIT %(most)s) AS waiting
), numbered AS (
    UPDATE clg_outboxevent AS e
    SET position = s.last_position + fresh.place
    FROM fresh, clg_feedstate AS s
    WHERE e.id = fresh.id
    RETURNING 1
)
UPDATE clg_feedstate SET last_position = last_position + (SELECT count(*) FROM numbered)
RETURNING (SELECT count(*) FROM numbered)
