-- Inserts the new rows under their reserved keys, and their events.
WITH born AS (
    INSERT INTO {table} (id, deleted_at, {columns})
    SELECT s.object_id, CASE WHEN s.object_change = 'deleted' THEN %(at)s::timestamptz END, {values}
    FROM {staged} s
    WHERE s.batch_id = %(batch)s AND s.is_new
    ORDER BY s.object_id
    RETURNING id, public_id, version, deleted_at
)
INSERT INTO clg_outboxevent ({event_columns})
SELECT CASE WHEN born.deleted_at IS NULL THEN '{noun}.created' ELSE '{noun}.deleted' END,
       '{noun}', born.public_id, born.version, {present_names},
       jsonb_build_object('{noun}', replace(born.public_id::text, '-', '')), {origin}, s.trace_id
FROM born
JOIN {staged} s ON s.batch_id = %(batch)s AND s.object_id = born.id AND s.is_new
WHERE %(tells_each)s
