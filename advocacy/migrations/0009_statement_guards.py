"""References of the ledger are checked by statement, not row by row: the rows they name are never removed.

Facts, touches, rates, versions, sets and runs refuse DELETE and the change of their key, and a deal with facts or a
model with versions cannot go; so it is enough that they exist when a line, set or head is written. A foreign key a
row would cost more than the ledger itself. The functions keep to nested loops over indexes: the plan of a statement
without parameters is made once a session, for whatever number of rows came first.
"""

from django.db import migrations

GUARDS = """
CREATE OR REPLACE FUNCTION advocacy_lines_first() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows n JOIN advocacy_creditset s ON s.id = n.credit_set_id) THEN
        RAISE EXCEPTION 'credit lines refused: their set already stands' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'advocacy_credit_lines_first';
    END IF;
    IF EXISTS (SELECT FROM new_rows n LEFT JOIN advocacy_touch t ON t.id = n.touch_id
               WHERE n.touch_id IS NOT NULL AND t.id IS NULL) THEN
        RAISE EXCEPTION 'credit lines refused: no such touch' USING ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'advocacy_credit_touch_exists';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION advocacy_set_adds_up() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE wrong bigint;
BEGIN
    SELECT n.id INTO wrong FROM new_rows n
    LEFT JOIN advocacy_creditset p
           ON p.branch_id = n.branch_id AND p.model_id = n.model_id AND p.opportunity_id = n.opportunity_id
          AND p.generation = n.generation - 1
    WHERE n.generation < 1 OR n.generation > 1 AND p.id IS NULL
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'credit set % refused: its generation does not follow the last', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'advocacy_creditset_next_generation';
    END IF;
    SELECT n.id INTO wrong FROM new_rows n
    LEFT JOIN advocacy_attributionrun r ON r.id = n.run_id
    LEFT JOIN advocacy_attributionmodelversion v ON v.id = n.model_version_id
    LEFT JOIN advocacy_opportunityfact f ON f.id = n.fact_id
    LEFT JOIN accounts_exchangerate e ON e.id = n.rate_id
    WHERE r.id IS NULL OR v.model_id IS DISTINCT FROM n.model_id
       OR f.opportunity_id IS DISTINCT FROM n.opportunity_id OR e.id IS DISTINCT FROM n.rate_id
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'credit set % refused: a row it names does not exist', wrong
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'advocacy_creditset_references_exist';
    END IF;
    SELECT n.id INTO wrong FROM new_rows n
    CROSS JOIN LATERAL (
        SELECT count(*) AS lines, sum(c.credit_micros) AS micros, sum(c.amount_minor) AS amount,
               sum(c.reporting_minor) AS reporting, count(c.reporting_minor) AS reported, sum(c.raw) AS raw,
               count(c.touch_id) AS touches, count(DISTINCT c.touch_id) AS distinct_touches
        FROM advocacy_credit c WHERE c.credit_set_id = n.id
    ) l
    WHERE CASE n.state
          WHEN 'closed' THEN l.lines > 0
          WHEN 'lines' THEN (
              l.micros = 1000000 AND l.amount = n.basis_minor AND l.raw = n.raw_total
              AND CASE WHEN n.reporting_minor IS NULL THEN l.reported = 0
                       ELSE l.reported = l.lines AND l.reporting = n.reporting_minor END
              AND l.touches = l.distinct_touches AND l.lines - l.touches <= 1) IS NOT TRUE
          ELSE true END
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'credit set % refused: its lines do not add up', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'advocacy_creditset_adds_up';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION advocacy_head_points_right() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE wrong bigint;
BEGIN
    SELECT n.id INTO wrong FROM new_rows n
    LEFT JOIN advocacy_creditset s ON s.id = n.credit_set_id
    WHERE (s.branch_id = 0 AND s.model_id = n.model_id AND s.opportunity_id = n.opportunity_id
           AND s.generation = n.generation) IS NOT TRUE
       OR TG_OP = 'INSERT' AND n.generation <> 1
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'credit head % refused: it must point to the set of its generation', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'advocacy_credithead_points_right';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER advocacy_attributionrun_kept BEFORE DELETE OR TRUNCATE ON advocacy_attributionrun
    FOR EACH STATEMENT EXECUTE FUNCTION advocacy_never_removed();
CREATE FUNCTION advocacy_key_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'UPDATE refused: the key of a row of table % stays', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER advocacy_attributionrun_key BEFORE UPDATE OF id ON advocacy_attributionrun
    FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION advocacy_key_stays();
"""
# The functions stay as they are: on the way back the foreign keys check the same once more.
DROP_GUARDS = """
DROP TRIGGER advocacy_attributionrun_key ON advocacy_attributionrun;
DROP FUNCTION advocacy_key_stays();
DROP TRIGGER advocacy_attributionrun_kept ON advocacy_attributionrun;
"""

# --- Marks: statements that join transition tables are planned at each call, for one row or for a hundred thousand. -
MARKS = """
CREATE OR REPLACE FUNCTION attribution_write_facts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moved bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO advocacy_attributiondirty (opportunity_id, cause) SELECT id, 'deal' FROM new_rows ORDER BY id;
        EXECUTE $sql$
            INSERT INTO advocacy_attributiondirty (opportunity_id, cause)
            SELECT DISTINCT o.opportunity_id, 'deal'
            FROM (SELECT account_id, min(coalesce(closed_at, '-infinity')) AS closed_at FROM new_rows
                  WHERE outcome = 'won' AND deleted_at IS NULL AND account_id IS NOT NULL GROUP BY account_id) w
            JOIN accounts_opportunity d ON d.account_id = w.account_id  -- accounts_opportunity_account
            JOIN advocacy_opportunityfact o ON o.opportunity_id = d.id AND o.superseded_at IS NULL
            WHERE o.opened_at >= w.closed_at
        $sql$;
        INSERT INTO advocacy_opportunityfact (opportunity_id, account_id, kind, amount, currency,
            opened_at, opened_is_estimated, lead_at, closed_at, closed_is_estimated, outcome, is_deleted)
        SELECT id, account_id, kind, amount, currency,
               coalesce(opened_at, statement_timestamp()), opened_at IS NULL, lead_at,
               CASE WHEN outcome <> 'open' THEN coalesce(closed_at, statement_timestamp()) END,
               outcome <> 'open' AND closed_at IS NULL, outcome, deleted_at IS NOT NULL
        FROM new_rows ORDER BY id;
        RETURN NULL;
    END IF;
    EXECUTE $sql$
        SELECT array_agg(n.id ORDER BY n.id) FROM new_rows n JOIN old_rows o USING (id)
        WHERE (n.account_id, n.kind, n.amount, n.currency, n.opened_at, n.lead_at, n.closed_at, n.outcome,
               n.deleted_at IS NULL)
              IS DISTINCT FROM
              (o.account_id, o.kind, o.amount, o.currency, o.opened_at, o.lead_at, o.closed_at, o.outcome,
               o.deleted_at IS NULL)
    $sql$ INTO moved;
    IF moved IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO advocacy_attributiondirty (opportunity_id, cause) SELECT unnest(moved), 'deal';
    EXECUTE $sql$
        WITH ended AS (
            UPDATE advocacy_opportunityfact f SET superseded_at = statement_timestamp()
            WHERE f.opportunity_id = ANY ($1) AND f.superseded_at IS NULL  -- advocacy_opportunityfact_one_current
            RETURNING f.opportunity_id, f.account_id, f.closed_at, f.outcome, f.is_deleted
        )
        INSERT INTO advocacy_attributiondirty (opportunity_id, cause)
        SELECT DISTINCT o.opportunity_id, 'deal'
        FROM (
            SELECT account_id, min(closed_at) AS closed_at
            FROM (
                SELECT e.account_id, e.closed_at FROM ended e WHERE e.outcome = 'won' AND NOT e.is_deleted
                UNION ALL
                SELECT n.account_id, coalesce(n.closed_at, '-infinity') FROM new_rows n
                WHERE n.outcome = 'won' AND n.deleted_at IS NULL AND n.id = ANY ($1)
            ) won
            WHERE account_id IS NOT NULL
            GROUP BY account_id
        ) w
        JOIN accounts_opportunity d ON d.account_id = w.account_id  -- accounts_opportunity_account
        JOIN advocacy_opportunityfact o ON o.opportunity_id = d.id AND o.superseded_at IS NULL
        WHERE o.opened_at >= w.closed_at AND o.opportunity_id <> ALL ($1)
    $sql$ USING moved;
    EXECUTE $sql$
        INSERT INTO advocacy_opportunityfact (opportunity_id, account_id, kind, amount, currency,
            opened_at, opened_is_estimated, lead_at, closed_at, closed_is_estimated, outcome, is_deleted)
        SELECT n.id, n.account_id, n.kind, n.amount, n.currency,
               coalesce(n.opened_at, f.first_at, statement_timestamp()), n.opened_at IS NULL, n.lead_at,
               CASE WHEN n.outcome <> 'open'
                    THEN coalesce(n.closed_at, f.first_outcome_at, statement_timestamp()) END,
               n.outcome <> 'open' AND n.closed_at IS NULL, n.outcome, n.deleted_at IS NOT NULL
        FROM new_rows n
        LEFT JOIN LATERAL (
            SELECT min(recorded_at) AS first_at,
                   min(recorded_at) FILTER (WHERE outcome = n.outcome) AS first_outcome_at
            FROM advocacy_opportunityfact WHERE opportunity_id = n.id  -- advocacy_oppfact_then
        ) f ON n.opened_at IS NULL OR n.outcome <> 'open' AND n.closed_at IS NULL
        WHERE n.id = ANY ($1)
        ORDER BY n.id
    $sql$ USING moved;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION attribution_mark_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE $sql$
        INSERT INTO advocacy_attributiondirty (account_id, cause)
        SELECT DISTINCT m.account_id, 'match'
        FROM new_rows n JOIN old_rows o USING (id)
        CROSS JOIN LATERAL (VALUES (n.id), (CASE WHEN n.parent_id IS DISTINCT FROM o.parent_id THEN o.parent_id END)
        ) m (account_id)
        WHERE (n.domain, n.parent_id) IS DISTINCT FROM (o.domain, o.parent_id) AND m.account_id IS NOT NULL
        ORDER BY 1
    $sql$;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION attribution_mark_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE $sql$
        INSERT INTO advocacy_attributiondirty (encounter_id, cause)
        SELECT e.id, 'match'
        FROM new_rows n JOIN old_rows o USING (id)
        JOIN advocacy_encounter e ON e.buyer_contact_id = n.id  -- advocacy_encounter_contact
        WHERE (n.account_id, lower(n.email)) IS DISTINCT FROM (o.account_id, lower(o.email))
        ORDER BY e.id
    $sql$;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION attribution_mark_rate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE $sql$
        INSERT INTO advocacy_attributiondirty (opportunity_id, cause)
        SELECT f.opportunity_id, 'rate'
        FROM (SELECT currency, min("on")::timestamp AT TIME ZONE 'UTC' AS since,
                     (max("on") + 46)::timestamp AT TIME ZONE 'UTC' AS until
              FROM new_rows GROUP BY currency) r
        JOIN advocacy_opportunityfact f  -- advocacy_oppfact_rate
          ON f.currency = r.currency AND f.superseded_at IS NULL
        WHERE f.closed_at >= r.since AND f.closed_at < r.until OR f.opened_at >= r.since AND f.opened_at < r.until
        ORDER BY 1
    $sql$;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION attribution_mark_encounter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO advocacy_attributiondirty (encounter_id, cause) SELECT id, 'touch' FROM new_rows ORDER BY id;
        RETURN NULL;
    END IF;
    EXECUTE $sql$
        INSERT INTO advocacy_attributiondirty (encounter_id, cause)
        SELECT n.id, CASE WHEN n.withdrawn_at IS DISTINCT FROM o.withdrawn_at THEN 'withdrawal' ELSE 'touch' END
        FROM new_rows n JOIN old_rows o USING (id)
        WHERE (n.activity_id, n.opportunity_id, n.given_rung, n.buyer_contact_id, n.buyer_account_id, n.buyer_domain,
               n.occurred_at, n.kind, n.role, n.weight_hint, n.source, n.withdrawn_at)
              IS DISTINCT FROM
              (o.activity_id, o.opportunity_id, o.given_rung, o.buyer_contact_id, o.buyer_account_id, o.buyer_domain,
               o.occurred_at, o.kind, o.role, o.weight_hint, o.source, o.withdrawn_at)
        ORDER BY n.id
    $sql$;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION attribution_mark_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE $sql$
        INSERT INTO advocacy_attributiondirty (encounter_id, cause)
        SELECT e.id, CASE WHEN (n.withdrawn_at, n.duplicate_of_id) IS DISTINCT FROM (o.withdrawn_at, o.duplicate_of_id)
                          THEN 'withdrawal' ELSE 'touch' END
        FROM new_rows n JOIN old_rows o USING (id)
        JOIN advocacy_encounter e ON e.activity_id = n.id
        WHERE (n.kind, n.champion_id, n.account_id, n.withdrawn_at, n.duplicate_of_id)
              IS DISTINCT FROM (o.kind, o.champion_id, o.account_id, o.withdrawn_at, o.duplicate_of_id)
        ORDER BY e.id
    $sql$;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0008_range_is_matching")]

    operations = [
        migrations.RunSQL(GUARDS, DROP_GUARDS),
        migrations.RunSQL(MARKS, migrations.RunSQL.noop),
    ]
