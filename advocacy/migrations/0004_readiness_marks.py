from django.db import migrations

# The upper floor reaches down: triggers on tables of the accounts floor put work into our queue. Marks carry no key,
# so writers never wait for each other; who has no champion is found out when the mark is claimed, because a champion
# may be nominated in a transaction that this one does not see.
INSTALL = """
CREATE FUNCTION advocacy_mark_signals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO advocacy_readinessdirty (account_id, contact_id, reason, due_at)
    SELECT DISTINCT account_id, contact_id, 'signal', greatest(now(), observed_at) FROM written;
    RETURN NULL;
END $$;
CREATE TRIGGER advocacy_mark_stored AFTER INSERT ON accounts_signal
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION advocacy_mark_signals();

CREATE FUNCTION advocacy_mark_changed_signals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Both sides: a merge may move a row from one account or contact to another.
    INSERT INTO advocacy_readinessdirty (account_id, contact_id, reason, due_at)
    SELECT account_id, contact_id, 'signal', greatest(now(), observed_at) FROM was
    UNION
    SELECT account_id, contact_id, 'signal', greatest(now(), observed_at) FROM written;
    RETURN NULL;
END $$;
CREATE TRIGGER advocacy_mark_changed AFTER UPDATE ON accounts_signal
    REFERENCING OLD TABLE AS was NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION advocacy_mark_changed_signals();

CREATE FUNCTION advocacy_mark_tenure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO advocacy_readinessdirty (account_id, reason) VALUES (NEW.id, 'tenure');
    RETURN NULL;
END $$;
CREATE TRIGGER advocacy_mark_tenure AFTER UPDATE OF customer_since ON accounts_account
    FOR EACH ROW WHEN (OLD.customer_since IS DISTINCT FROM NEW.customer_since)
    EXECUTE FUNCTION advocacy_mark_tenure();

CREATE FUNCTION advocacy_mark_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO advocacy_readinessdirty (account_id, contact_id, reason)
    VALUES (coalesce(NEW.account_id, OLD.account_id), NEW.id, 'contact');
    RETURN NULL;
END $$;
CREATE TRIGGER advocacy_mark_contact AFTER UPDATE OF account_id ON accounts_contact
    FOR EACH ROW WHEN (OLD.account_id IS DISTINCT FROM NEW.account_id)
    EXECUTE FUNCTION advocacy_mark_contact();

CREATE FUNCTION advocacy_mark_champion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO advocacy_readinessdirty (account_id, contact_id, reason)
    VALUES (NEW.account_id, NEW.contact_id, 'champion');
    RETURN NULL;
END $$;
CREATE TRIGGER advocacy_mark_new_champion AFTER INSERT ON advocacy_champion
    FOR EACH ROW EXECUTE FUNCTION advocacy_mark_champion();
CREATE TRIGGER advocacy_mark_champion AFTER UPDATE OF contact_id, account_id, standing ON advocacy_champion
    FOR EACH ROW WHEN ((OLD.contact_id, OLD.account_id, OLD.standing = 'retired')
                       IS DISTINCT FROM (NEW.contact_id, NEW.account_id, NEW.standing = 'retired'))
    EXECUTE FUNCTION advocacy_mark_champion();
"""
REMOVE = """
DROP TRIGGER advocacy_mark_champion ON advocacy_champion;
DROP TRIGGER advocacy_mark_new_champion ON advocacy_champion;
DROP FUNCTION advocacy_mark_champion();
DROP TRIGGER advocacy_mark_contact ON accounts_contact;
DROP FUNCTION advocacy_mark_contact();
DROP TRIGGER advocacy_mark_tenure ON accounts_account;
DROP FUNCTION advocacy_mark_tenure();
DROP TRIGGER advocacy_mark_changed ON accounts_signal;
DROP FUNCTION advocacy_mark_changed_signals();
DROP TRIGGER advocacy_mark_stored ON accounts_signal;
DROP FUNCTION advocacy_mark_signals();
"""


class Migration(migrations.Migration):
    """What makes a champion due for scoring: signals, tenure, moves of contacts, champions themselves."""

    dependencies = [("advocacy", "0003_attribution")]

    operations = [migrations.RunSQL(INSTALL, REMOVE)]
