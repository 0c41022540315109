"""What the matcher and the allocator must redo: statement triggers mark it in the writer's own transaction.

Transition tables, so that bulk SQL and COPY are seen and cost one statement. The marks of a deal's own columns and
the versions of its facts are written by one trigger on the deal table. Statements that join transition tables are
planned at each call (EXECUTE), for one row or for a hundred thousand.
"""

from django.db import migrations

# --- Facts of a deal, and the marks that follow from their change. --------------------------------------------------
# Marks: the deal itself; when it is, was or becomes won, also the other deals of its account (old and new) opened at
# or after that close, because of the restart rule.
FACTS = """
CREATE FUNCTION attribution_write_facts() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER attribution_facts_inserted AFTER INSERT ON accounts_opportunity
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION attribution_write_facts();
CREATE TRIGGER attribution_facts_updated AFTER UPDATE ON accounts_opportunity
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION attribution_write_facts();
"""
DROP_FACTS = """
DROP TRIGGER attribution_facts_updated ON accounts_opportunity;
DROP TRIGGER attribution_facts_inserted ON accounts_opportunity;
DROP FUNCTION attribution_write_facts();
"""

# --- Stages and people of a deal: the deal, and the former one when the key moves. ----------------------------------
CHILDREN = """
CREATE FUNCTION attribution_mark_deal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO advocacy_attributiondirty (opportunity_id, cause)
        SELECT DISTINCT opportunity_id, TG_ARGV[0] FROM new_rows ORDER BY 1;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO advocacy_attributiondirty (opportunity_id, cause)
        SELECT DISTINCT opportunity_id, TG_ARGV[0] FROM old_rows ORDER BY 1;
    ELSE
        INSERT INTO advocacy_attributiondirty (opportunity_id, cause)
        SELECT opportunity_id, TG_ARGV[0] FROM old_rows UNION SELECT opportunity_id, TG_ARGV[0] FROM new_rows
        ORDER BY 1;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER attribution_stages_inserted AFTER INSERT ON accounts_opportunitystage
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION attribution_mark_deal('stage');
CREATE TRIGGER attribution_stages_updated AFTER UPDATE ON accounts_opportunitystage
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION attribution_mark_deal('stage');
CREATE TRIGGER attribution_stages_deleted AFTER DELETE ON accounts_opportunitystage
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION attribution_mark_deal('stage');
CREATE TRIGGER attribution_roles_inserted AFTER INSERT ON accounts_opportunitycontact
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION attribution_mark_deal('match');
CREATE TRIGGER attribution_roles_updated AFTER UPDATE ON accounts_opportunitycontact
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION attribution_mark_deal('match');
CREATE TRIGGER attribution_roles_deleted AFTER DELETE ON accounts_opportunitycontact
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION attribution_mark_deal('match');
"""
DROP_CHILDREN = """
DROP TRIGGER attribution_roles_deleted ON accounts_opportunitycontact;
DROP TRIGGER attribution_roles_updated ON accounts_opportunitycontact;
DROP TRIGGER attribution_roles_inserted ON accounts_opportunitycontact;
DROP TRIGGER attribution_stages_deleted ON accounts_opportunitystage;
DROP TRIGGER attribution_stages_updated ON accounts_opportunitystage;
DROP TRIGGER attribution_stages_inserted ON accounts_opportunitystage;
DROP FUNCTION attribution_mark_deal();
"""

# --- Companies and people: the account whose family must be matched anew, the encounters of a person. ---------------
COMPANIES = """
CREATE FUNCTION attribution_mark_account() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE FUNCTION attribution_mark_contact() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER attribution_account_updated AFTER UPDATE ON accounts_account
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION attribution_mark_account();
CREATE TRIGGER attribution_contact_updated AFTER UPDATE ON accounts_contact
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION attribution_mark_contact();
-- Matcher: from an account's domain to the people with an address there.
CREATE INDEX attribution_contact_maildomain ON accounts_contact (split_part(lower(email), '@', 2)) WHERE email <> '';
"""
DROP_COMPANIES = """
DROP INDEX attribution_contact_maildomain;
DROP TRIGGER attribution_contact_updated ON accounts_contact;
DROP TRIGGER attribution_account_updated ON accounts_account;
DROP FUNCTION attribution_mark_contact();
DROP FUNCTION attribution_mark_account();
"""

# --- Rates: the deals they can serve, 45 days back from their closing or opening. -----------------------------------
RATES = """
CREATE FUNCTION attribution_mark_rate() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER attribution_rate_inserted AFTER INSERT ON accounts_exchangerate
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION attribution_mark_rate();
"""
DROP_RATES = """
DROP TRIGGER attribution_rate_inserted ON accounts_exchangerate;
DROP FUNCTION attribution_mark_rate();
"""

# --- Activities and encounters. ------------------------------------------------------------------------------------
FACTS_TOLD = """
CREATE FUNCTION attribution_mark_encounter() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE FUNCTION attribution_mark_activity() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER attribution_encounter_inserted AFTER INSERT ON advocacy_encounter
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION attribution_mark_encounter();
CREATE TRIGGER attribution_encounter_updated AFTER UPDATE ON advocacy_encounter
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION attribution_mark_encounter();
CREATE TRIGGER attribution_activity_updated AFTER UPDATE ON advocacy_activity
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION attribution_mark_activity();
"""
DROP_FACTS_TOLD = """
DROP TRIGGER attribution_activity_updated ON advocacy_activity;
DROP TRIGGER attribution_encounter_updated ON advocacy_encounter;
DROP TRIGGER attribution_encounter_inserted ON advocacy_encounter;
DROP FUNCTION attribution_mark_activity();
DROP FUNCTION attribution_mark_encounter();
"""


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0005_ledger_guards")]

    operations = [
        migrations.RunSQL(FACTS, DROP_FACTS),
        migrations.RunSQL(CHILDREN, DROP_CHILDREN),
        migrations.RunSQL(COMPANIES, DROP_COMPANIES),
        migrations.RunSQL(RATES, DROP_RATES),
        migrations.RunSQL(FACTS_TOLD, DROP_FACTS_TOLD),
    ]
