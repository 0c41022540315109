-- Ranges of running runs without a heartbeat for more than 5 minutes, and, while the sweeper runs, marks of changes that
-- no run took up for as long.
WITH broken AS (
    SELECT 'range ' || r.number || ' of run_' || replace(run.public_id::text, '-', '') AS name
      FROM advocacy_attributionrunrange r JOIN advocacy_attributionrun run ON run.id = r.run_id
     WHERE run.status = 'running' AND NOT r.is_done AND r.heartbeat_at < now() - interval '5 minutes'
     UNION ALL
    SELECT 'marks of changes' FROM advocacy_attributiondirty d
     WHERE d.noted_at < now() - interval '5 minutes'
       AND EXISTS (SELECT FROM clg_sweeptick WHERE job = 'clg.sweep' AND claimed_at > now() - interval '5 minutes')
    HAVING count(*) > 0
)
SELECT (SELECT count(*) FROM advocacy_attributiondirty), (SELECT count(*) FROM broken),
       (SELECT array_agg(name) FROM broken)
