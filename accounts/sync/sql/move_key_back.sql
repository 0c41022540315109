-- Gives rows that still point to the winner back to the loser: loser, keys of the rows that went back.
WITH was AS (
    SELECT t.id, p.loser
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS p(loser, winner, row)
    JOIN {table} t ON t.id = p.row AND t.{key} = p.winner
    ORDER BY t.id
    FOR UPDATE OF t
),
moved AS (
    UPDATE {table} t SET {key} = was.loser{version} FROM was WHERE t.id = was.id
    RETURNING t.id, was.loser
)
SELECT m.loser, array_agg(m.id ORDER BY m.id) FROM moved m GROUP BY m.loser
