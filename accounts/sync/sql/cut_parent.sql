-- Cuts winners loose that stand below a loser of theirs: the parent each had, and the winners.
WITH RECURSIVE walk AS (
    SELECT a.id AS start, a.parent_id AS node
    FROM accounts_account a WHERE a.id = ANY (%s::bigint[])
    UNION
    SELECT w.start, a.parent_id FROM walk w JOIN accounts_account a ON a.id = w.node WHERE w.node <> w.start
),
cut AS (
    UPDATE accounts_account a SET parent_id = NULL
    FROM accounts_account was
    WHERE was.id = a.id AND EXISTS (SELECT FROM walk w WHERE w.start = a.id AND w.node = ANY (%s::bigint[]))
    RETURNING a.id, was.parent_id
)
SELECT c.parent_id, array_agg(c.id) FROM cut c GROUP BY c.parent_id
