-- Events of `chosen` as entries of the feed. A ref tells the names that the reader's own source has for it.
told AS MATERIALIZED (
    SELECT c.id AS event_id, r.key AS kind, r.value AS hex
      FROM chosen c, jsonb_each_text(c.refs) r
     WHERE r.key = ANY(%(refs)s)
),
-- The limit never cuts, a page being 500 events at most: it tells the planner that a few look-ups will do, where it
-- would expect a hundred refs an event and read whole tables.
wanted AS MATERIALIZED (
    SELECT DISTINCT kind, hex::uuid AS object_id FROM told LIMIT 10000
),
named AS MATERIALIZED (
    {names}
),
referred AS (
    SELECT t.event_id,
           json_object_agg(t.kind, json_build_object(
               'id', (%(prefixes)s::jsonb ->> t.kind) || '_' || t.hex,
               'external_ids', coalesce(n.external_ids, '[]'))) AS refs
      FROM told t
      LEFT JOIN named n ON n.kind = t.kind AND n.object_id = t.hex::uuid
     GROUP BY t.event_id
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
