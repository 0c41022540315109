-- I10: successful + failed + unprocessed = total, no line in two sets, chunks join without gap.
-- Indexes: accounts_importchunk_once, the key of jobs.
WITH joined AS (
    SELECT c.job_id, c.number, c.byte_start, c.first_line, c.rows,
           (SELECT coalesce(sum(value::bigint), 0) FROM jsonb_each_text(c.counts)) AS counted,
           lag(c.byte_end, 1, 0) OVER by_number AS byte_before,
           lag(c.last_line, 1, 0) OVER by_number AS line_before,
           row_number() OVER by_number - 1 AS place
    FROM accounts_importchunk c
    WINDOW by_number AS (PARTITION BY c.job_id ORDER BY c.number)
),
sums AS (
    SELECT job_id, sum(rows) AS rows,
           bool_or(number <> place OR byte_start <> byte_before OR first_line <= line_before OR counted <> rows) AS torn
    FROM joined GROUP BY job_id
),
broken AS (
    SELECT j.id, j.public_id
    FROM accounts_importjob j
    LEFT JOIN sums s ON s.job_id = j.id
    WHERE coalesce(s.rows, 0) <> j.processed
       OR coalesce(s.torn, false)
       OR (SELECT coalesce(sum(value::bigint), 0) FROM jsonb_each_text(j.counts)) <> j.processed
       OR j.processed > j.total
       OR (j.state = 'complete' AND j.processed <> j.total)
)
SELECT (SELECT count(*) FROM accounts_importjob),
       (SELECT count(*) FROM broken),
       (SELECT array_agg('imp_' || replace(public_id::text, '-', '') ORDER BY id) FROM broken)
