-- What became of each item; the staging rows go with the reading.
WITH done AS (
    DELETE FROM {staged} s WHERE s.batch_id = %(batch)s
    RETURNING s.line, s.external_id, s.object_id, s.verdict, s.op, s.applies, s.stale, s.ignored
)
SELECT d.line, d.external_id, d.verdict, d.op, d.applies, d.stale, d.ignored, o.public_id, o.version, o.complete
FROM done d
LEFT JOIN {table} o ON o.id = d.object_id
ORDER BY d.line
