-- Inserts the incomplete row of every {related_noun} that is named and has none yet: children may come first.
WITH born AS (
    INSERT INTO {related_table} (id, deleted_at)
    SELECT i.{related_link}, CASE WHEN i.state = 'deleted' THEN %(at)s::timestamptz END
    FROM ({refs}) AS named
    JOIN accounts_externalidentity i
      ON i.source_id = %(source)s AND i.object_type = '{related_noun}' AND i.external_id = named.ref
    WHERE i.{related_link} IS NOT NULL
      AND NOT EXISTS (SELECT FROM {related_table} o WHERE o.id = i.{related_link})
    RETURNING public_id, version, deleted_at
)
INSERT INTO clg_outboxevent ({event_columns})
SELECT CASE WHEN born.deleted_at IS NULL THEN '{related_noun}.created' ELSE '{related_noun}.deleted' END,
       '{related_noun}', born.public_id, born.version, '{{}}',
       jsonb_build_object('{related_noun}', replace(born.public_id::text, '-', '')), {origin}, ''
FROM born
