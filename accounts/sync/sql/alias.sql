-- Makes merged names aliases of their winner; what they send after its newest write goes to it. A name that is known
-- already is left.
-- Index: accounts_externalidentity_once.
WITH wanted AS (
    SELECT DISTINCT ON (p.loser COLLATE "C") p.loser, coalesce(w.canonical_id, w.id) AS canonical_id,
           coalesce(w.merged_clock, w.clock) AS merged_clock
    FROM unnest(%(losers)s::varchar[], %(winners)s::varchar[]) AS p(loser, winner)
    JOIN accounts_externalidentity w
      ON w.source_id = %(source)s AND w.object_type = '{noun}' AND w.external_id = p.winner
    ORDER BY p.loser COLLATE "C", p.winner COLLATE "C"
),
made AS (
    INSERT INTO accounts_externalidentity (source_id, object_type, external_id, state, canonical_id, merged_clock, received_at)
    SELECT %(source)s, '{noun}', wanted.loser, 'merged', wanted.canonical_id,
           wanted.merged_clock, %(at)s
    FROM wanted
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM made
