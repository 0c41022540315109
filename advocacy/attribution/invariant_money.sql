-- I2: amounts of the lines sum to the basis, the basis is the fact's amount in minor units, and so in reporting
-- currency by the stored rate. Currencies without an entry have two digits.
WITH scale AS (
    SELECT * FROM unnest(%(currencies)s::text[], %(scales)s::integer[]) AS scale (currency, factor)
)
SELECT count(*), count(*) FILTER (WHERE is_broken),
       (array_agg('set ' || id ORDER BY id) FILTER (WHERE is_broken))[1:10]
FROM (
    SELECT s.id,
           (l.amount = s.basis_minor
            AND s.basis_minor = round(coalesce(f.amount, 0) * coalesce(own.factor, 100))
            AND CASE WHEN s.reporting_minor IS NULL THEN l.reported = 0
                     ELSE l.reported = l.lines AND l.reporting = s.reporting_minor
                          AND s.reporting_minor = round(coalesce(f.amount, 0) * s.fx_rate * coalesce(other.factor, 100))
                END) IS NOT TRUE AS is_broken
    FROM advocacy_creditset s
    JOIN advocacy_opportunityfact f ON f.id = s.fact_id
    LEFT JOIN scale own ON own.currency = s.currency
    LEFT JOIN scale other ON other.currency = s.reporting_currency
    LEFT JOIN (
        SELECT credit_set_id, sum(amount_minor) AS amount, sum(reporting_minor) AS reporting,
               count(reporting_minor) AS reported, count(*) AS lines
        FROM advocacy_credit GROUP BY 1
    ) l ON l.credit_set_id = s.id
    WHERE s.state = 'lines'
) looked
