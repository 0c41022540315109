"""The ledger keeps itself: G1 lines before their set, G2 sets that add up, G3 heads that move by one; versioned rows.

References of the ledger are checked by statement, not row by row: the rows they name are never removed. Facts,
touches, rates, versions, sets and runs refuse DELETE and the change of their key, and a deal with facts or a model
with versions cannot go; so it is enough that they exist when a line, set or head is written. A foreign key a row would
cost more than the ledger itself. The functions keep to nested loops over indexes: the plan of a statement without
parameters is made once a session, for whatever number of rows came first.
"""

from django.db import migrations

# --- G1. A line is refused when its set already stands: lines first, header second. --------------------------------
LINES_FIRST = """
CREATE FUNCTION advocacy_lines_first() RETURNS trigger LANGUAGE plpgsql
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
CREATE TRIGGER advocacy_credit_lines_first AFTER INSERT ON advocacy_credit
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION advocacy_lines_first();
"""
DROP_LINES_FIRST = """
DROP TRIGGER advocacy_credit_lines_first ON advocacy_credit;
DROP FUNCTION advocacy_lines_first();
"""

# --- G2. All new headers of a statement are checked at once. -------------------------------------------------------
SET_ADDS_UP = """
CREATE FUNCTION advocacy_set_adds_up() RETURNS trigger LANGUAGE plpgsql
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
CREATE TRIGGER advocacy_creditset_adds_up AFTER INSERT ON advocacy_creditset
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION advocacy_set_adds_up();
"""
DROP_SET_ADDS_UP = """
DROP TRIGGER advocacy_creditset_adds_up ON advocacy_creditset;
DROP FUNCTION advocacy_set_adds_up();
"""

# --- G3. A head begins at generation 1, moves to the next only, and points to the set of its own model and deal. ----
HEAD_MOVES_BY_ONE = """
CREATE FUNCTION advocacy_head_points_right() RETURNS trigger LANGUAGE plpgsql
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
CREATE FUNCTION advocacy_head_moves_by_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.model_id, NEW.opportunity_id, NEW.public_id)
       IS DISTINCT FROM (OLD.id, OLD.model_id, OLD.opportunity_id, OLD.public_id)
       OR NEW.generation <> OLD.generation + 1 THEN
        RAISE EXCEPTION 'credit head % refused: it moves to the next generation only', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'advocacy_credithead_moves_by_one';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION advocacy_never_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% refused: rows of table % are never removed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER advocacy_credithead_inserted AFTER INSERT ON advocacy_credithead
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION advocacy_head_points_right();
CREATE TRIGGER advocacy_credithead_updated AFTER UPDATE ON advocacy_credithead
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION advocacy_head_points_right();
CREATE TRIGGER advocacy_credithead_moves BEFORE UPDATE ON advocacy_credithead
    FOR EACH ROW EXECUTE FUNCTION advocacy_head_moves_by_one();
CREATE TRIGGER advocacy_credithead_kept BEFORE DELETE OR TRUNCATE ON advocacy_credithead
    FOR EACH STATEMENT EXECUTE FUNCTION advocacy_never_removed();
"""
DROP_HEAD_MOVES_BY_ONE = """
DROP TRIGGER advocacy_credithead_kept ON advocacy_credithead;
DROP TRIGGER advocacy_credithead_moves ON advocacy_credithead;
DROP TRIGGER advocacy_credithead_updated ON advocacy_credithead;
DROP TRIGGER advocacy_credithead_inserted ON advocacy_credithead;
DROP FUNCTION advocacy_never_removed();
DROP FUNCTION advocacy_head_moves_by_one();
DROP FUNCTION advocacy_head_points_right();
"""

# --- Versioned tables: the one allowed change sets superseded_at, once. --------------------------------------------
VERSIONED = """
CREATE FUNCTION advocacy_superseded_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ended timestamptz := OLD.superseded_at;
BEGIN
    OLD.superseded_at := NEW.superseded_at;
    IF ended IS NOT NULL OR NEW.superseded_at IS NULL OR OLD IS DISTINCT FROM NEW THEN
        RAISE EXCEPTION 'UPDATE refused: table % is versioned, only superseded_at may be set, once', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER advocacy_touch_versioned BEFORE UPDATE ON advocacy_touch
    FOR EACH ROW EXECUTE FUNCTION advocacy_superseded_once();
CREATE TRIGGER advocacy_touch_kept BEFORE DELETE OR TRUNCATE ON advocacy_touch
    FOR EACH STATEMENT EXECUTE FUNCTION advocacy_never_removed();
CREATE TRIGGER advocacy_opportunityfact_versioned BEFORE UPDATE ON advocacy_opportunityfact
    FOR EACH ROW EXECUTE FUNCTION advocacy_superseded_once();
CREATE TRIGGER advocacy_opportunityfact_kept BEFORE DELETE OR TRUNCATE ON advocacy_opportunityfact
    FOR EACH STATEMENT EXECUTE FUNCTION advocacy_never_removed();
"""
DROP_VERSIONED = """
DROP TRIGGER advocacy_opportunityfact_kept ON advocacy_opportunityfact;
DROP TRIGGER advocacy_opportunityfact_versioned ON advocacy_opportunityfact;
DROP TRIGGER advocacy_touch_kept ON advocacy_touch;
DROP TRIGGER advocacy_touch_versioned ON advocacy_touch;
DROP FUNCTION advocacy_superseded_once();
"""

# --- Runs: never removed, their key stays; of a completed one only the freeze may be set, once. --------------------
RUNS = """
CREATE FUNCTION advocacy_completed_run_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE frozen boolean := OLD.frozen_name IS NOT NULL;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'DELETE refused: run % is completed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    OLD.frozen_name := NEW.frozen_name;
    OLD.frozen_at := NEW.frozen_at;
    OLD.frozen_by_id := NEW.frozen_by_id;
    IF frozen OR OLD IS DISTINCT FROM NEW THEN
        RAISE EXCEPTION 'UPDATE refused: run % is completed, only its freeze may be set, once', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER advocacy_attributionrun_stays BEFORE UPDATE OR DELETE ON advocacy_attributionrun
    FOR EACH ROW WHEN (OLD.status = 'completed') EXECUTE FUNCTION advocacy_completed_run_stays();
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
DROP_RUNS = """
DROP TRIGGER advocacy_attributionrun_key ON advocacy_attributionrun;
DROP FUNCTION advocacy_key_stays();
DROP TRIGGER advocacy_attributionrun_kept ON advocacy_attributionrun;
DROP TRIGGER advocacy_attributionrun_stays ON advocacy_attributionrun;
DROP FUNCTION advocacy_completed_run_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0004_readiness_marks")]

    operations = [
        migrations.RunSQL(LINES_FIRST, DROP_LINES_FIRST),
        migrations.RunSQL(SET_ADDS_UP, DROP_SET_ADDS_UP),
        migrations.RunSQL(HEAD_MOVES_BY_ONE, DROP_HEAD_MOVES_BY_ONE),
        migrations.RunSQL(VERSIONED, DROP_VERSIONED),
        migrations.RunSQL(RUNS, DROP_RUNS),
    ]
