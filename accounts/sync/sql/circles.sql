-- The items that would close a circle of parents, as the accounts would stand after this batch.
WITH RECURSIVE moved AS (
    SELECT s.line, s.object_id, s.parent_id
    FROM accounts_stagedaccount s
    WHERE s.batch_id = %(batch)s AND s.changes & {parent_bit} <> 0
),
walk AS (
    SELECT m.object_id AS start, m.parent_id AS node FROM moved m WHERE m.parent_id IS NOT NULL
    UNION
    SELECT w.start, CASE WHEN m.object_id IS NULL THEN a.parent_id ELSE m.parent_id END
    FROM walk w
    LEFT JOIN moved m ON m.object_id = w.node
    LEFT JOIN accounts_account a ON a.id = w.node
    WHERE w.node IS NOT NULL AND w.node <> w.start
)
SELECT m.line FROM moved m WHERE EXISTS (SELECT FROM walk w WHERE w.start = m.object_id AND w.node = m.object_id)
