-- Gives the outcome of their stage to live deals of a source that stand open at it, and writes their events.
WITH told AS (
    SELECT t.stage, t.outcome FROM unnest(%(stages)s::varchar[], %(outcomes)s::varchar[]) AS t(stage, outcome)
), moved AS (
    UPDATE accounts_opportunity o SET outcome = t.outcome, version = o.version + 1
    FROM told t
    WHERE o.stage = t.stage AND o.outcome = 'open' AND t.outcome <> 'open' AND o.deleted_at IS NULL
      AND EXISTS (
        SELECT FROM accounts_externalidentity i
        WHERE i.source_id = %(source)s AND i.opportunity_id = o.id AND i.state = 'active'
      )
    RETURNING o.public_id, o.version
)
INSERT INTO clg_outboxevent
    (type, object_type, object_id, version, changed_fields, refs, origin_kind, origin_source, origin_actor, trace_id)
SELECT 'opportunity.updated', 'opportunity', m.public_id, m.version, ARRAY['outcome'],
       jsonb_build_object('opportunity', replace(m.public_id::text, '-', '')), 'user', '', %(by)s, ''
FROM moved m
