-- Marks that no scorer took up for 5 minutes beyond its own beat of 5 (`clg/schedule.py`), while the sweeper runs.
-- Reads advocacy_readinessdirty_due.
WITH late AS (
    SELECT id FROM advocacy_readinessdirty
     WHERE due_at < now() - interval '10 minutes'
       AND EXISTS (SELECT FROM clg_sweeptick WHERE job = 'clg.sweep' AND claimed_at > now() - interval '5 minutes')
)
SELECT (SELECT count(*) FROM advocacy_readinessdirty), (SELECT count(*) FROM late),
       (SELECT array_agg('mark ' || id::text) FROM late)
