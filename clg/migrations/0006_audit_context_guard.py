"""Who did it stands in the context of the audit history: it may grow while its own request runs, and never after."""

from django.db import migrations

GUARD = """
CREATE FUNCTION clg_guard_audit_context() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.id = NEW.id AND OLD.id::text = current_setting('pghistory.context_id', true) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% refused: table % is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON pghistory_context
    FOR EACH ROW EXECUTE FUNCTION clg_guard_audit_context();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON pghistory_context
    FOR EACH STATEMENT EXECUTE FUNCTION clg_guard_audit_context();
"""
UNGUARD = """
DROP TRIGGER append_only_rows ON pghistory_context;
DROP TRIGGER append_only_table ON pghistory_context;
DROP FUNCTION clg_guard_audit_context();
"""


class Migration(migrations.Migration):
    dependencies = [("clg", "0005_audit_digest"), ("pghistory", "0007_auto_20250421_0444")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
