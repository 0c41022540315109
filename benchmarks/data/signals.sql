-- %(signals)s signals: three in five about contacts, the others about accounts, over eleven months.
INSERT INTO accounts_signal (kind, account_id, contact_id, raw, value, observed_at, source, external_id)
SELECT (ARRAY['relationship', 'nps', 'sentiment', 'csat', 'community'])[1 + floor(unit(n, 41) * 5)],
       c.account_id, c.id, 3, round((100 * unit(n, 42))::numeric, 2),
       %(at)s::timestamptz - unit(n, 43) ^ 2 * interval '330 days', 'bench', ''
FROM generate_series(1, %(signals)s * 3 / 5) n
JOIN accounts_contact c ON c.id = 1 + n %% %(champions)s;

INSERT INTO accounts_signal (kind, account_id, raw, value, observed_at, source, external_id)
SELECT (ARRAY['health', 'success_plan', 'usage', 'adoption', 'support', 'executive_review', 'usage_trend'])[1 + floor(unit(n, 51) * 7)],
       1 + n %% %(accounts)s, 3, round((100 * unit(n, 52))::numeric, 2),
       %(at)s::timestamptz - unit(n, 53) ^ 2 * interval '330 days', 'bench', ''
FROM generate_series(1, %(signals)s * 2 / 5) n;
