-- %(deals)s deals over two years and %(touches)s touches of them, skewed: few deals have many, most have few.
INSERT INTO accounts_opportunity (account_id, name, kind, stage, outcome, amount, currency, opened_at, closed_at)
SELECT 1 + floor(unit(n, 11) * %(accounts)s), 'Deal ' || n,
       (ARRAY['new_business', 'new_business', 'expansion', 'renewal'])[1 + floor(unit(n, 12) * 4)],
       'Proposal', CASE WHEN closed_at IS NULL THEN 'open' WHEN unit(n, 13) < 0.45 THEN 'won' ELSE 'lost' END,
       round((1000 + 90000 * unit(n, 14) ^ 3)::numeric, CASE WHEN currency = 'JPY' THEN 0 ELSE 2 END), currency, opened_at, closed_at
FROM (
    SELECT n, opened_at, (ARRAY['USD', 'USD', 'USD', 'USD', 'USD', 'USD', 'USD', 'EUR', 'EUR', 'JPY'])[1 + floor(unit(n, 15) * 10)] AS currency,
           CASE WHEN opened_at + days <= %(at)s THEN opened_at + days END AS closed_at
    FROM (
        SELECT n, %(at)s::timestamptz - unit(n, 16) * interval '720 days' AS opened_at,
               (20 + 160 * unit(n, 17)) * interval '1 day' AS days
        FROM generate_series(1, %(deals)s) n
    ) opened
) dated;

INSERT INTO advocacy_opportunityfact (opportunity_id, account_id, kind, amount, currency, opened_at, opened_is_estimated,
                                      closed_at, closed_is_estimated, outcome, is_deleted)
SELECT id, account_id, kind, amount, currency, opened_at, false, closed_at, false, outcome, false
FROM accounts_opportunity ORDER BY id;

INSERT INTO accounts_exchangerate (currency, "on", rate)
SELECT currency, %(at)s::date - day, level * (0.97 + 0.06 * unit(day, 18))::numeric
FROM generate_series(0, 800) day, (VALUES ('EUR', 1.09), ('JPY', 0.0067)) rates (currency, level);

INSERT INTO advocacy_activity (champion_id, account_id, kind, occurred_at, source, source_ref)
SELECT c.id, c.account_id, (ARRAY['reference_call', 'case_study', 'webinar', 'review'])[1 + floor(unit(n, 21) * 4)],
       %(at)s::timestamptz - unit(n, 22) * interval '800 days', 'bench', 'activity-' || n
FROM generate_series(1, %(touches)s / 4) n
JOIN advocacy_champion c ON c.id = 1 + floor(%(champions)s * unit(n, 23) ^ 2);

INSERT INTO advocacy_encounter (activity_id, opportunity_id, given_rung, occurred_at, kind, role, source, source_ref)
SELECT 1 + floor(unit(n, 31) * (%(touches)s / 4)), d.id, CASE WHEN unit(n, 32) < 0.9 THEN 1 + floor(unit(n, 33) * 4) ELSE 5 END,
       d.opened_at + (unit(n, 34) * 200 - 90) * interval '1 day', 'conversation',
       CASE WHEN unit(n, 35) < 0.05 THEN 'sourced' ELSE 'influenced' END, 'bench', 'encounter-' || n
FROM generate_series(1, %(touches)s) n
JOIN accounts_opportunity d ON d.id = 1 + floor(%(deals)s * unit(n, 36) ^ 1.4);

INSERT INTO advocacy_touch (encounter_id, opportunity_id, activity_id, activity_kind, champion_id, occurred_at, kind, role,
                            rung, side, source, weight_hint, void_reason)
SELECT e.id, e.opportunity_id, a.id, a.kind, a.champion_id, e.occurred_at, e.kind, e.role, e.given_rung,
       CASE WHEN a.account_id = d.account_id THEN 'own' ELSE 'peer' END, e.source, e.weight_hint, ''
FROM advocacy_encounter e
JOIN advocacy_activity a ON a.id = e.activity_id
JOIN accounts_opportunity d ON d.id = e.opportunity_id
ORDER BY e.id;
