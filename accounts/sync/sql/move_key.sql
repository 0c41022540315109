-- Moves one key from losers to winners: loser, keys of the rows that moved.
WITH was AS (
    SELECT t.id, p.loser, p.winner
    FROM unnest(%s::bigint[], %s::bigint[]) AS p(loser, winner)
    JOIN {table} t ON t.{key} = p.loser
    ORDER BY t.id
    FOR UPDATE OF t
),
moved AS (
    UPDATE {table} t SET {key} = was.winner{version} FROM was WHERE t.id = was.id
    RETURNING t.id, was.loser
)
SELECT m.loser, array_agg(m.id ORDER BY m.id) FROM moved m GROUP BY m.loser
