-- Follows balances.sql: the seven terms of willingness for %(use)s and what each adds, one row a champion and term in the
-- order of the table. Integers and numerics throughout; only exp() is floating, and its 80,001 inputs are tested.
, model AS (
    SELECT m.coefficients AS c, coalesce((m.base_log_odds ->> %(use)s)::numeric, 0) AS base
      FROM advocacy_readinessmodel m WHERE m.id = %(model_id)s
),
-- Own answers, each fading with a half-life of a year by whole weeks. Reads advocacy_ask_champion.
answers AS (
    SELECT k.champion_id AS id,
           CASE WHEN k.state = 'logged' THEN k.asked_on
                ELSE (coalesce(k.answered_at, k.closed_at) AT TIME ZONE 'UTC')::date END AS on_day,
           CASE WHEN k.state = 'logged' THEN k.outcome
                WHEN k.state = 'expired' THEN 'expired'
                WHEN k.state = 'declined' THEN 'declined'
                WHEN k.state IN ('accepted', 'done', 'missed', 'withdrawn') AND k.answered_at IS NOT NULL
                THEN 'accepted' END AS answer
      FROM advocacy_ask k
     WHERE k.champion_id IN (SELECT id FROM who) AND k.use NOT IN ('invitation', 'grant_request', 'survey')
),
history AS (
    SELECT n.id,
           coalesce(sum(n.decay) FILTER (WHERE n.answer IN ('accepted', 'done')), 0) AS yes,
           coalesce(sum(n.decay * CASE n.answer WHEN 'declined' THEN 1 WHEN 'expired' THEN 0.5 END), 0) AS no,
           count(*) FILTER (WHERE n.on_day > %(day)s::date - 730 AND n.answer <> 'expired') AS recent
      FROM (SELECT s.id, s.answer, s.on_day,
                   round(power(0.5::numeric, (7 * greatest(0, (%(week)s::date - s.on_day + 6) / 7))::numeric / 365), 6)
                       AS decay
              FROM answers s
             WHERE s.answer IN ('accepted', 'done', 'declined', 'expired') AND s.on_day <= %(day)s) n
     GROUP BY n.id
),
-- The rows that readiness found, with their decay: no second look at the signals.
kinds AS (
    SELECT r.champion_id AS id, p.kind, p.value, p.decay
      FROM advocacy_readiness r
     CROSS JOIN LATERAL jsonb_to_recordset(r.parts) AS p (kind text, value numeric, decay numeric, origin text)
     WHERE r.champion_id IN (SELECT id FROM who) AND p.kind IN ('relationship', 'nps', 'support')
       AND p.origin IN ('own', 'account')
),
terms AS (
    SELECT w.id, t.place, t.term, round(coalesce(t.points, 0), 4) AS points, coalesce(h.recent, 0) AS recent
      FROM who w
      JOIN balances b ON b.id = w.id
     CROSS JOIN model m
      LEFT JOIN history h ON h.id = w.id
      LEFT JOIN kinds relation ON relation.id = w.id AND relation.kind = 'relationship'
      LEFT JOIN kinds score ON score.id = w.id AND score.kind = 'nps'
      LEFT JOIN kinds support ON support.id = w.id AND support.kind = 'support'
      LEFT JOIN advocacy_usepreference p ON p.champion_id = w.id AND p.use = %(use)s
     CROSS JOIN LATERAL (VALUES
        (1, 'base', m.base),
        (2, 'preference', (m.c ->> 'preference')::numeric
            * CASE p.level WHEN 'gladly' THEN 1 WHEN 'rarely' THEN -1 WHEN 'no' THEN -1 ELSE 0 END),
        (3, 'history', (m.c ->> 'history')::numeric * (h.yes - h.no) / (h.yes + h.no + 2)),
        (4, 'relationship', (m.c ->> 'relationship')::numeric * relation.decay * (relation.value - 50) / 50),
        (5, 'nps', (m.c ->> 'nps')::numeric * score.decay * (score.value - 50) / 50),
        (6, 'conflict', (m.c ->> 'conflict')::numeric * support.decay * (100 - support.value) / 100),
        (7, 'fatigue', (m.c ->> 'fatigue')::numeric
            * CASE WHEN b.person_budget IS NULL THEN 0 WHEN b.person_budget = 0 THEN 1
                   ELSE least(1, greatest(0, b.person_used)::numeric / b.person_budget) END)
     ) AS t (place, term, points)
),
summed AS (
    SELECT t.*, greatest(-4, least(4, sum(t.points) OVER (PARTITION BY t.id ORDER BY t.place))) AS z FROM terms t
),
scored AS (
    SELECT s.*, round((100 / (1 + exp(-s.z::float8)))::numeric, 2) AS score FROM summed s
)
SELECT s.id, s.term, s.points, s.score, s.z, s.score - lag(s.score, 1, 0) OVER (PARTITION BY s.id ORDER BY s.place),
       s.recent
  FROM scored s ORDER BY s.id, s.place
