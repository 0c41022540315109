-- %(accounts)s accounts, %(contacts)s contacts, of whom the first %(champions)s are champions.
INSERT INTO accounts_account (name, domain, lifecycle, customer_since)
SELECT 'Account ' || n, 'account' || n || '.example', 'customer', (%(at)s::timestamptz - unit(n, 1) * interval '5 years')::date
FROM generate_series(1, %(accounts)s) n;

INSERT INTO accounts_contact (account_id, first_name, last_name, email, seniority)
SELECT 1 + n %% %(accounts)s, 'Ada', 'Contact ' || n, 'contact' || n || '@account' || 1 + n %% %(accounts)s || '.example', 'manager'
FROM generate_series(1, %(contacts)s) n;

INSERT INTO advocacy_champion (contact_id, account_id, standing, standing_reason, standing_since, joined_at, paused_by,
                               source, nomination_text, time_zone, reach_via, channel, languages, use_cases,
                               competitor_replaced, topics_glad, topics_avoid, competitors, notice_days)
SELECT id, account_id, 'active', '', %(at)s::timestamptz - interval '3 years', %(at)s::timestamptz - interval '3 years', '',
       'import', '', 'UTC', 'direct', 'email', '{en}', '{}', '', '', '', '{}', 0
FROM accounts_contact WHERE id <= %(champions)s;
