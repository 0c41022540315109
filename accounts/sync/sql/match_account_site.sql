-- The live accounts at or below some domains, and whether a name of this source stands for each of them.
-- Read backwards a domain and all below it lie together: from its own name to before that with '/', which follows '.'.
-- Index: accounts_account_site.
SELECT w.site, o.id, o.domain,
       EXISTS (SELECT FROM accounts_externalidentity i
               WHERE i.source_id = %(source)s AND i.account_id = o.id AND i.state = 'active')
FROM unnest(%(sites)s::text[]) AS w(site)
CROSS JOIN LATERAL (
    SELECT a.id, a.domain FROM accounts_account a
    WHERE reverse(a.domain) COLLATE "C" = reverse(w.site) AND a.domain <> '' AND a.deleted_at IS NULL
    UNION ALL
    SELECT a.id, a.domain FROM accounts_account a
    WHERE reverse(a.domain) COLLATE "C" > reverse(w.site) || '.'
      AND reverse(a.domain) COLLATE "C" < reverse(w.site) || '/' AND a.domain <> '' AND a.deleted_at IS NULL
) AS o
