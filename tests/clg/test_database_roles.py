"""The application's database role does its work, and cannot touch what is kept, guards or no guards."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from accounts.actions.merge import merge_duplicates, undo_merge
from accounts.models import Account, Contact, ExternalIdentity, MergeEvent, Opportunity, Signal, User
from advocacy.actions.attribution import attribute_changes
from advocacy.models import CreditHead, Touch
from clg.checks import role_owns_no_trail
from clg.database_roles import OF_MIGRATIONS, PRIVATE_TABLES
from clg.models import IdempotencyKey, SecurityLog
from clg.security_log import log_security
from tests.accounts.api.test_push import bulk
from tests.advocacy.attribution.tenant import AT, deal, meet
from tests.callers import sign_in
from tests.clg.test_tasks import ARGUMENTS, ours, run
from tests.factories.accounts import AccountFactory, UserFactory
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db


def execute(statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def roles():
    """(application, reader), made and granted."""
    # Roles are the cluster's, which test processes share: the number keeps them apart, the rollback takes them away.
    number = execute("SELECT pg_backend_pid()")[0][0]
    app, reader = f"clg_app_{number}", f"clg_reader_{number}"
    execute(f"CREATE ROLE {app} LOGIN")
    execute(f"CREATE ROLE {reader} LOGIN")
    call_command("grant_roles", app=app, reader=reader, stdout=StringIO())
    return app, reader


def become(role):
    execute("DISCARD TEMP")  # temporary tables of the owner, from tests before
    execute(f"SET SESSION AUTHORIZATION {role}")


@pytest.fixture
def as_app(roles):
    """What the test makes first is the owner's; then call it."""
    return lambda: become(roles[0])


def test_all_tasks_do_their_work(as_app, roles):
    theirs = deal()
    meet(1, opportunity=theirs)
    champion = ChampionFactory(standing="resting", rests_until=timezone.now() - dt.timedelta(days=1))
    moment = timezone.now() - dt.timedelta(minutes=1)
    Signal.objects.create(kind="health", account=champion.account, raw=70, value=70, observed_at=moment, source="test")
    IdempotencyKey.objects.create(
        principal="user:1", key="k", fingerprint=b"", status=200, body=b"", expires_at="2026-01-01T00:00:00Z"
    )
    ours()
    as_app()

    for name, arguments in ARGUMENTS.items():
        run(name, arguments())

    champion.refresh_from_db()
    assert execute("SELECT current_user") == [(roles[0],)]
    assert CreditHead.objects.exists()
    assert champion.standing == "active"
    assert champion.readiness.score is not None
    assert not IdempotencyKey.objects.exists()


def test_a_client_pushes_and_merges_and_a_person_works(as_app, roles, caller, marketer):
    client, browser = caller(), sign_in(marketer)
    as_app()
    first, second = (
        {"external_id": name, "source_updated_at": "2026-01-01T00:00:00Z", "fields": {"name": name}}
        for name in ("A1", "A2")
    )

    answer = bulk(client, "accounts", [first, second])
    winner, loser = Account.objects.order_by("pk")
    merged = merge_duplicates(winner=winner, losers=[loser], at=timezone.now())
    undo_merge(event=merged.event, by=marketer, at=timezone.now())

    assert answer.status_code in (200, 207), answer.content
    assert MergeEvent.objects.get().undone_at is not None
    assert ExternalIdentity.objects.count() == 2
    assert browser.get("/admin/").status_code == 200
    assert browser.get("/admin/accounts/account/").status_code == 200


@pytest.fixture
def rows():
    """One row at least in each kept table that these tests name."""
    theirs = deal()
    meet(1, opportunity=theirs)
    attribute_changes(at=AT)
    Opportunity.objects.filter(pk=theirs.pk).update(amount=5)
    attribute_changes(at=AT)
    log_security("test")


KEPT = {
    "clg_securitylog": "id",
    "clg_auditdigest": "id",
    "advocacy_credit": "id",
    "advocacy_creditset": "id",
    "accounts_accounthistory": "pgh_id",
}


@pytest.fixture
def refused(as_app, rows):
    """Runs each statement as the application and expects a refusal of the server, not of a trigger."""

    def each(*statements):
        as_app()
        for statement in statements:
            with pytest.raises(ProgrammingError, match="permission denied|must be owner"):
                execute(statement)

    return each


def test_what_is_kept_is_out_of_reach(refused):
    refused(*(f"UPDATE {table} SET {column} = {column}" for table, column in KEPT.items()))


def test_what_is_kept_cannot_be_removed(refused):
    refused(*(f"{verb} {table}" for table in KEPT for verb in ("DELETE FROM", "TRUNCATE")))


def test_guards_stand_and_cannot_be_switched_off(refused):
    refused(
        "ALTER TABLE clg_securitylog DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DROP TRIGGER append_only_rows ON pghistory_context",
        "CREATE TABLE mine (id int)",
        "SET LOCAL pgtrigger.ignore = '{public:clg_securitylog}'; DELETE FROM clg_securitylog",
        "UPDATE advocacy_touch SET weight_hint = 9",
        "DELETE FROM advocacy_touch",
        "DELETE FROM advocacy_credithead",
        "DELETE FROM pghistory_context",
        "INSERT INTO auth_group_permissions (group_id, permission_id) VALUES (1, 1)",
        "DELETE FROM django_migrations",
    )


def test_what_may_change_of_a_versioned_row_is_its_end(as_app, rows):
    as_app()

    assert Touch.objects.filter(superseded_at=None).update(superseded_at=timezone.now())


def test_every_guarded_table_lacks_the_right_that_its_guard_refuses(roles):
    """Walks the triggers of the database: bits 8 and 16 of a type are DELETE and UPDATE, 2 is BEFORE, 1 each row."""
    wrong = execute(
        "SELECT DISTINCT t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE NOT t.tgisinternal AND t.tgtype & 2 = 2 AND t.tgtype & 8 = 8 AND p.prosrc LIKE '%%refused%%'"
        " AND t.tgrelid::regclass::text NOT LIKE 'advocacy_readiness%%'"  # drafts go, what was active is frozen
        f" AND has_table_privilege('{roles[0]}', t.tgrelid, 'DELETE, UPDATE')"
    )

    assert wrong == []


def test_reader_reads_and_meets_no_secret(roles):
    UserFactory()
    become(roles[1])

    assert User.objects.values_list("name").count() == 1
    assert list(SecurityLog.objects.all()) == []
    assert list(Contact.objects.all()) == []
    for refused in (
        "SELECT password FROM accounts_user",
        "SELECT client_secret FROM accounts_apiclient",
        "SELECT secret FROM clg_webhookendpoint",
        *(f"SELECT 1 FROM {table}" for table in (*PRIVATE_TABLES, "django_session", "mfa_authenticator")),
        "SELECT 1 FROM oauth2_provider_accesstoken",
        "UPDATE accounts_account SET name = 'x'",
        "INSERT INTO clg_securitylog (event) VALUES ('x')",
        "CREATE TEMPORARY TABLE t (id int)",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            execute(refused)


def test_grants_come_again_to_the_same(roles):
    def granted():
        return execute(
            "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
        ) + execute("SELECT attrelid, attname, attacl::text FROM pg_attribute WHERE attacl IS NOT NULL ORDER BY 1, 2")

    once = granted()
    call_command("grant_roles", app=roles[0], reader=roles[1], stdout=StringIO())

    assert granted() == once


def test_dry_run_prints_the_sql_and_an_unknown_role_grants_nothing():
    said = StringIO()
    call_command("grant_roles", app="clg_app", dry_run=True, stdout=said)

    assert 'GRANT SELECT, INSERT ON "clg_securitylog" TO "clg_app";' in said.getvalue()
    assert all(f'GRANT SELECT ON "{table}" TO "clg_app";' in said.getvalue() for table in OF_MIGRATIONS)
    with pytest.raises(CommandError, match='role "nobody_here" does not exist'):
        call_command("grant_roles", app="nobody_here")


def test_a_new_account_of_the_application_is_in_the_history(as_app):
    as_app()
    account = AccountFactory(name="Written")

    assert [event.name for event in account.history.all()] == ["Written"]


def test_deploy_check_warns_who_owns_the_trail(as_app):
    assert [warning.id for warning in role_owns_no_trail(["default"])] == ["clg.W001"]

    as_app()

    assert role_owns_no_trail(["default"]) == []
