"""The guards of the ledger look up each row they are asked about by its key, whatever the planner knows of the tables.

Their plans are made once a session. Made while a table was empty or small, a plan could read all of it for each row, and
the session kept that plan while the table grew: a first full run of 100,000 deals then never ended. OFFSET 0 keeps the
look-up inside its brackets, where nothing but the index can answer it. The rest of the functions is as it was.
"""

from django.db import migrations

GUARDS = """
CREATE OR REPLACE FUNCTION advocacy_lines_first() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT credit_set_id AS id FROM new_rows) n
               CROSS JOIN LATERAL (SELECT FROM advocacy_creditset s WHERE s.id = n.id OFFSET 0) s) THEN
        RAISE EXCEPTION 'credit lines refused: their set already stands' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'advocacy_credit_lines_first';
    END IF;
    IF EXISTS (SELECT FROM (SELECT DISTINCT touch_id AS id FROM new_rows WHERE touch_id IS NOT NULL) n
               LEFT JOIN LATERAL (SELECT t.id FROM advocacy_touch t WHERE t.id = n.id OFFSET 0) t ON true
               WHERE t.id IS NULL) THEN
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
    LEFT JOIN LATERAL (
        SELECT p.id FROM advocacy_creditset p  -- advocacy_creditset_generation_once
        WHERE n.generation > 1 AND p.branch_id = n.branch_id AND p.model_id = n.model_id
          AND p.opportunity_id = n.opportunity_id AND p.generation = n.generation - 1
        OFFSET 0
    ) p ON true
    WHERE n.generation < 1 OR n.generation > 1 AND p.id IS NULL
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'credit set % refused: its generation does not follow the last', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'advocacy_creditset_next_generation';
    END IF;
    SELECT n.id INTO wrong
    FROM (SELECT min(id) AS id, run_id FROM new_rows GROUP BY run_id) n
    LEFT JOIN LATERAL (SELECT r.id FROM advocacy_attributionrun r WHERE r.id = n.run_id OFFSET 0) r ON true
    WHERE r.id IS NULL
    UNION ALL
    SELECT n.id
    FROM (SELECT min(id) AS id, model_version_id, model_id FROM new_rows GROUP BY model_version_id, model_id) n
    LEFT JOIN LATERAL (
        SELECT v.model_id FROM advocacy_attributionmodelversion v WHERE v.id = n.model_version_id OFFSET 0) v ON true
    WHERE v.model_id IS DISTINCT FROM n.model_id
    UNION ALL
    SELECT n.id
    FROM (SELECT min(id) AS id, fact_id, opportunity_id FROM new_rows GROUP BY fact_id, opportunity_id) n
    LEFT JOIN LATERAL (
        SELECT f.opportunity_id FROM advocacy_opportunityfact f WHERE f.id = n.fact_id OFFSET 0) f ON true
    WHERE f.opportunity_id IS DISTINCT FROM n.opportunity_id
    UNION ALL
    SELECT n.id
    FROM (SELECT min(id) AS id, rate_id FROM new_rows WHERE rate_id IS NOT NULL GROUP BY rate_id) n
    LEFT JOIN LATERAL (SELECT e.id FROM accounts_exchangerate e WHERE e.id = n.rate_id OFFSET 0) e ON true
    WHERE e.id IS NULL
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'credit set % refused: a row it names does not exist', wrong
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'advocacy_creditset_references_exist';
    END IF;
    SELECT n.id INTO wrong FROM new_rows n
    LEFT JOIN LATERAL (
        SELECT c.id, c.touch_id, c.credit_micros, c.amount_minor, c.reporting_minor, c.raw
        FROM advocacy_credit c WHERE c.credit_set_id = n.id OFFSET 0  -- advocacy_credit_line_once
    ) c ON true
    GROUP BY n.id, n.state, n.basis_minor, n.reporting_minor, n.raw_total
    HAVING CASE n.state
           WHEN 'closed' THEN count(c.id) > 0
           WHEN 'lines' THEN (
               sum(c.credit_micros) = 1000000 AND sum(c.amount_minor) = n.basis_minor AND sum(c.raw) = n.raw_total
               AND CASE WHEN n.reporting_minor IS NULL THEN count(c.reporting_minor) = 0
                        ELSE count(c.reporting_minor) = count(c.id) AND sum(c.reporting_minor) = n.reporting_minor END
               AND count(c.touch_id) = count(DISTINCT c.touch_id) AND count(c.id) - count(c.touch_id) <= 1) IS NOT TRUE
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
    LEFT JOIN LATERAL (
        SELECT s.branch_id, s.model_id, s.opportunity_id, s.generation
        FROM advocacy_creditset s WHERE s.id = n.credit_set_id OFFSET 0
    ) s ON true
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
"""


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0012_known_words")]

    operations = [migrations.RunSQL(GUARDS, migrations.RunSQL.noop)]
