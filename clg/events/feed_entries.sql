-- Events of `chosen` as entries of the feed. A ref tells the names that the reader's own source has for it.
wanted AS MATERIALIZED (
    SELECT DISTINCT r.key AS kind, r.value::uuid AS object_id
      FROM chosen c, jsonb_each_text(c.refs) r
     WHERE r.key = ANY(%(refs)s)
),
named AS MATERIALIZED (
    SELECT w.kind, replace(w.object_id::text, '-', '') AS hex,
           CASE w.kind {names} END AS external_ids
      FROM wanted w
),
referred AS (
    SELECT c.id AS event_id,
           json_object_agg(n.kind, json_build_object(
               'id', (%(prefixes)s::jsonb ->> n.kind) || '_' || n.hex,
               'external_ids', coalesce(n.external_ids, '[]'))) AS refs
      FROM chosen c, jsonb_each_text(c.refs) r
      JOIN named n ON n.kind = r.key AND n.hex = r.value
     GROUP BY c.id
),
entries AS (
    SELECT c.id, c.position,
           json_build_object(
               'position', c.position,
               'id', 'evt_' || replace(c.public_id::text, '-', ''),
               'type', c.type,
               'object', json_build_object(
                   'type', c.object_type,
                   'id', (%(prefixes)s::jsonb ->> c.object_type) || '_' || replace(c.object_id::text, '-', ''),
                   'version', c.version),
               'refs', coalesce(r.refs, '{{}}'),
               'changed_fields', c.changed_fields,
               'occurred_at', to_char(c.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
               'origin', json_build_object('kind', c.origin_kind, 'source', nullif(c.origin_source, ''),
                                           'trace_id', nullif(c.trace_id, ''))) AS entry
      FROM chosen c
      LEFT JOIN referred r ON r.event_id = c.id
)
