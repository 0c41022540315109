-- Follows balances.sql: what is left, and on which coming days minutes used before come free again.
, freed AS (
    SELECT x.id, array_agg(x.free_on ORDER BY x.free_on) AS days, array_agg(x.minutes ORDER BY x.free_on) AS minutes
      FROM (SELECT e.champion_id AS id, e.effective_on + %(window)s AS free_on, sum(e.minutes)::int AS minutes
              FROM advocacy_effortentry e
             WHERE e.champion_id IN (SELECT id FROM who) AND e.bucket = 'consumed'
               AND e.effective_on > %(day)s::date - %(window)s AND e.effective_on <= %(day)s
             GROUP BY e.champion_id, e.effective_on
            HAVING sum(e.minutes) <> 0) x
     GROUP BY x.id
)
SELECT b.id, b.person_budget, b.account_budget, b.person_left, b.account_left, b.person_used, f.days, f.minutes
  FROM balances b LEFT JOIN freed f ON f.id = b.id
