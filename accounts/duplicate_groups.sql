-- Live rows that share a value, in the order of the values: the value and the keys, oldest first.
-- A group whose rows were told apart as a whole is left out, or with is_apart the only kind there is.
-- Read in the order of the index of {value}, so a page stops early. Index: {index}; accounts_toldapart_keys.
SELECT g.value, g.keys
FROM (
    SELECT {value} AS value, array_agg(o.id ORDER BY o.id) AS keys
    FROM {table} o
    WHERE o.deleted_at IS NULL AND {column} <> '' AND {value} > %(after)s AND {value} <> ALL (%(common)s::varchar[])
    GROUP BY {value}
    HAVING count(*) > 1
) AS g
WHERE %(is_apart)s = EXISTS (
    SELECT FROM accounts_toldapart t WHERE t.object_type = '{noun}' AND t.keys @> g.keys
)
ORDER BY g.value
LIMIT %(limit)s
