-- The grants in force on %(day)s of the champions %(ids)s that cover what is planned, for %(use)s: champion, grantor,
-- identity, whether its signer may speak for a public body. Reads advocacy_grant_person_key and _company_key.
WITH who AS MATERIALIZED (
    SELECT c.id, c.account_id FROM advocacy_champion c WHERE c.id = ANY (%(ids)s::bigint[])
),
held AS (
    SELECT w.id AS champion_id, w.account_id AS of_account,
           g.id AS id_of_grant, g.grantor, g.use, g.identity, g.signer_authority, g.regions, g.languages, g.campaigns,
           g.audiences, g.channels, g.never_to_domains, g.cap_count, g.cap_minutes, g.cap_days, g.valid_from, g.valid_until
      FROM who w JOIN advocacy_grant g ON g.champion_id = w.id
     WHERE g.use = %(use)s AND g.state IN ('granted', 'granted_with_limits')
    UNION ALL
    SELECT w.id, w.account_id,
           g.id, g.grantor, g.use, g.identity, g.signer_authority, g.regions, g.languages, g.campaigns,
           g.audiences, g.channels, g.never_to_domains, g.cap_count, g.cap_minutes, g.cap_days, g.valid_from, g.valid_until
      FROM who w JOIN advocacy_grant g ON g.account_id = w.account_id
     WHERE g.use = %(use)s AND g.state IN ('granted', 'granted_with_limits')
),
in_force AS (
    SELECT h.* FROM held h
     WHERE h.valid_from <= %(day)s AND (h.valid_until IS NULL OR h.valid_until >= %(day)s)
),
-- An empty list of a grant means any; of companies that it never serves none.
fitting AS (
    SELECT g.*
      FROM in_force g
     WHERE (%(region)s = '' OR g.regions = '{}' OR %(region)s = ANY (g.regions))
       AND (%(language)s = '' OR g.languages = '{}' OR %(language)s = ANY (g.languages))
       AND (%(campaign)s = '' OR g.campaigns = '{}' OR %(campaign)s = ANY (g.campaigns))
       AND (%(channel)s = '' OR g.channels = '{}' OR %(channel)s = ANY (g.channels))
       AND (g.audiences = '{}' OR g.audiences && %(covering_audiences)s::varchar[])
       AND (%(product)s::bigint IS NULL
            OR NOT EXISTS (SELECT FROM advocacy_grant_products x WHERE x.grant_id = g.id_of_grant)
            OR EXISTS (SELECT FROM advocacy_grant_products x
                        WHERE x.grant_id = g.id_of_grant AND x.product_id = %(product)s))
       AND (%(prospect)s::bigint IS NULL OR (
            NOT g.never_to_domains && %(domains)s::varchar[]
            AND NOT EXISTS (SELECT FROM advocacy_grantparty y
                             WHERE y.grant_id = g.id_of_grant AND y.role = 'never_to'
                               AND y.account_id = ANY (%(family)s::bigint[]))
            AND (NOT EXISTS (SELECT FROM advocacy_grantparty y WHERE y.grant_id = g.id_of_grant AND y.role = 'prospect')
                 OR EXISTS (SELECT FROM advocacy_grantparty y
                             WHERE y.grant_id = g.id_of_grant AND y.role = 'prospect'
                               AND y.account_id = %(prospect)s))))
)
SELECT f.champion_id, f.grantor, f.identity, f.signer_authority IN ('legal', 'procurement', 'communications'),
       f.id_of_grant
  FROM fitting f
  -- A cap of its own: asks of this use that count since the grant's days back, of the person or of the whole company.
  LEFT JOIN LATERAL (
        SELECT count(*) AS asks, coalesce(sum(coalesce(k.actual_minutes, k.minutes)), 0) AS minutes
          FROM advocacy_ask k
         WHERE (f.cap_count IS NOT NULL OR f.cap_minutes IS NOT NULL) AND k.use = f.use
           AND CASE WHEN f.grantor = 'person' THEN k.champion_id = f.champion_id ELSE k.account_id = f.of_account END
           AND k.state NOT IN ('declined', 'later', 'expired', 'withdrawn')
           AND (f.cap_days IS NULL
                OR coalesce(k.done_on, k.asked_on, (k.reserved_at AT TIME ZONE 'UTC')::date) > %(day)s::date - f.cap_days)
  ) u ON true
 WHERE (f.cap_count IS NULL OR u.asks < f.cap_count)
   AND (f.cap_minutes IS NULL OR u.minutes + %(minutes)s <= f.cap_minutes)
 ORDER BY f.champion_id, f.id_of_grant
