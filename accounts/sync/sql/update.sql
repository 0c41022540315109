-- Changes the rows that differ and no other, and writes their events.
WITH touched AS (
    UPDATE {table} o
    SET {assignments},
        deleted_at = CASE s.object_change
            WHEN 'deleted' THEN
                CASE WHEN %(by_moment)s THEN 'epoch'::timestamptz + s.clock_hi * interval '1 microsecond'
                     ELSE %(at)s::timestamptz END
            WHEN 'restored' THEN NULL
            ELSE o.deleted_at END,
        version = o.version + 1
    FROM {staged} s
    WHERE s.batch_id = %(batch)s AND s.object_id = o.id AND NOT s.is_new
      AND (s.changes <> 0 OR s.object_change <> '')
    RETURNING o.public_id, o.version, s.changes, s.object_change, s.trace_id
)
INSERT INTO clg_outboxevent ({event_columns})
SELECT CASE s.object_change WHEN '' THEN '{noun}.updated' ELSE '{noun}.' || s.object_change END,
       '{noun}', s.public_id, s.version, {changed_names},
       jsonb_build_object('{noun}', replace(s.public_id::text, '-', '')), {origin}, s.trace_id
FROM touched s
WHERE %(tells_each)s
