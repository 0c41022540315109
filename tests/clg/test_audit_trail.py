"""Whoever writes, whatever the door: history knows the row, the actor and the request, and nobody changes it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from accounts.actions.user import change_roles
from accounts.models import Account, Team, User
from clg.audit import CARRIER
from clg.audit_trail import history_models, trails, write_digests
from clg.celery import app
from clg.commands import AuditedCommand
from clg.invariants import Depth, look_at_all
from clg.models import AuditDigest, SecurityLog
from tests.factories.accounts import AccountFactory

pytestmark = pytest.mark.django_db
History = Account.history.rel.related_model

UNTRACKED = {
    "clg.SecurityLog": "append-only itself",
    "clg.AuditDigest": "append-only itself",
    "clg.OutboxEvent": "events",
    "clg.ConsumerFailure": "events that were put aside",
    "clg.FeedState": "counter of the outbox",
    "clg.FeedConsumer": "position and lease of a reader",
    "clg.SweepTick": "claims of the sweeper",
    "clg.IdempotencyKey": "answers, gone after seven days",
    "clg.RateBucket": "buckets",
    "clg.SavedFilter": "a person's own bookmarks",
    "clg.WebhookDelivery": "work to do, kept 30 days with its result",
    "accounts.ExchangeRate": "append-only itself",
    "accounts.OpportunityStage": "a history itself: stages by the moment they were entered",
    "accounts.Signal": "append-only facts; a guard lets only the mark `is_current` move",
    "accounts.SignalKey": "keys of signals against repetition",
    "accounts.StagedAccount": "staging",
    "accounts.StagedContact": "staging",
    "accounts.StagedOpportunity": "staging",
    "accounts.ExternalIdentity": "clocks of the sync, moved by each write of a tracked row",
    "accounts.MergeEvent": "append-only but for its undoing, with both actors",
    "accounts.SyncConflict": "events of the sync",
    "accounts.ReceivedHour": "figures of the sync",
    "accounts.UnmappedStage": "figures of the sync",
    "advocacy.AskOverride": "append-only itself",
    "advocacy.EffortEntry": "append-only ledger",
    "advocacy.EffortMeter": "a row to lock, without a number",
    "advocacy.GrantEvent": "append-only itself",
    "advocacy.GrantNotice": "append-only itself",
    "advocacy.CalibrationReport": "append-only itself",
    "advocacy.GiftRecord": "append-only ledger",
    "advocacy.Grant_products": "terms, which never change once granted",
    "accounts.ImportJob": "a job, which never changes after its end",
    "accounts.ImportChunk": "checkpoints of a job",
    "accounts.UserRole": "the same table as User.groups, watched through it",
    "accounts.User_groups": "watched through UserRole",
    "accounts.User_user_permissions": "not used: rights come from roles",
    "advocacy.RecordKey": "clocks of what sources tell, moved by each write of a tracked row",
    "advocacy.ChampionEvent": "append-only itself",
    "advocacy.Champion_products": "what a champion speaks about, no right and no figure",
    "advocacy.Touch": "derived by attribution runs; people's decisions are rows of their own",
    "advocacy.OpportunityFact": "derived by attribution runs",
    "advocacy.TouchAcceptance": "an event itself: who accepted which touch, when",
    "advocacy.AttributionModelVersion": "append-only itself",
    "advocacy.AttributionRun": "a job, which never changes after its end",
    "advocacy.AttributionRunRange": "progress of a job",
    "advocacy.CreditSet": "append-only ledger",
    "advocacy.Credit": "append-only ledger",
    "advocacy.CreditHead": "pointer into the ledger",
    "advocacy.AttributionDirty": "work to do",
    "advocacy.Readiness": "derived; ReadinessChange is its history",
    "advocacy.ReadinessChange": "append-only itself",
    "advocacy.ReadinessDirty": "work to do",
    "advocacy.ReadinessDecay": "written by migrations alone",
}
OURS = ("clg", "accounts", "advocacy", "referrals", "growth")


def models_of_ours():
    every = {model for app in OURS for model in apps.get_app_config(app).get_models(include_auto_created=True)}
    return {model for model in every if not hasattr(model, "pgh_tracked_model")}


def test_every_model_is_tracked_or_says_why_not():
    tracked = {history.pgh_tracked_model._meta.label for history in history_models()}

    assert {model._meta.label for model in models_of_ours()} - tracked == set(UNTRACKED) - {"accounts.UserRole"}


def test_no_secret_is_in_a_history():
    kept = {field.name for history in history_models() for field in history._meta.fields}

    assert {name for name in kept if any(word in name for word in ("password", "secret", "token"))} == {
        "hash_client_secret"  # whether it is hashed
    }


# --- Every road into a table -----------------------------------------------------------------------------------
def save():
    AccountFactory(name="Written")


def bulk_create():
    Account.objects.bulk_create([Account(name="Written")])


def bulk_update():
    row = AccountFactory(name="Old")
    row.name = "Written"
    Account.objects.bulk_update([row], ["name"])


def update():
    AccountFactory(name="Old")
    Account.objects.update(name="Written")


def raw_sql():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO accounts_account (name) VALUES ('Written')")


def copy():
    """COPY passes by the statements that carry the context, so one of them goes before it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CARRIER)
        with cursor.copy("COPY accounts_account (name) FROM STDIN") as rows:
            rows.write_row(["Written"])


ROADS = [save, bulk_create, bulk_update, update, raw_sql, copy]


def by_api(road, session, caller, administrator, monkeypatch):
    from accounts.api.accounts import Accounts  # inside, as only this door needs it

    counted = Accounts.count

    def count(self, request):
        road()
        return counted(self, request)

    monkeypatch.setattr(Accounts, "count", count)
    return caller("accounts:read").get("/api/v1/accounts/count")["X-Request-ID"]


def by_admin(road, session, caller, administrator, monkeypatch):
    from accounts.admin.account import AccountAdmin  # inside, as only this door needs it

    def listed(self, rows, reader):
        road()
        return rows.with_open_deals()

    monkeypatch.setattr(AccountAdmin, "listed", listed)
    return session(administrator).get("/admin/accounts/account/")["X-Request-ID"]


def by_task(road, session, caller, administrator, monkeypatch):
    def work():
        road()

    app.task(name=f"tests.{road.__name__}")(work)()
    app.tasks.pop(f"tests.{road.__name__}")


def by_command(road, session, caller, administrator, monkeypatch):
    call_command(_command(road))


DOORS = {by_api: "client:", by_admin: "user:", by_task: "tests.", by_command: "act"}


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("door", DOORS)
def test_history_names_actor_and_request_of_every_write(road, door, session, caller, administrator, monkeypatch):
    request_id = door(road, session, caller, administrator, monkeypatch)

    row = History.objects.filter(name="Written").select_related("pgh_context").first()
    context = row.pgh_context.metadata
    actor = context.get("task") or context.get("command") or context["actor"]
    assert actor.startswith(DOORS[door])
    assert context.get("request_id") == request_id


def test_every_command_of_ours_names_itself():
    from django.core.management import get_commands, load_command_class  # inside, as only this test needs it

    ours = {name: app for name, app in get_commands().items() if str(app) in OURS}

    assert {n for n, app in ours.items() if not isinstance(load_command_class(app, n), AuditedCommand)} == set()


def test_what_is_done_in_the_shell_says_so():
    call_command("shell", command="from accounts.models import Team; Team.objects.create(name='By hand')", verbosity=0)

    row = Team.history.rel.related_model.objects.get(name="By hand")
    assert row.pgh_context.metadata["command"] == "shell"


# --- Nobody changes it -----------------------------------------------------------------------------------------
def refused(statement):
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        return "append-only" in str(error)
    return False


@pytest.mark.parametrize("act", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_trail_refuses_change_by_sql(act, administrator):
    change_roles(user=administrator, roles=["auditor"], by="user:1")
    call_command("disable_user", administrator.email)
    write_digests(at=dt.datetime.now(dt.UTC) + dt.timedelta(days=2))
    tables = [*((trail.table, trail.key) for trail in trails()), ("clg_auditdigest", "id")]

    assert [table for table, key in tables if not refused(act.format(table, key, key))] == [
        table for table, key in tables if table == "pghistory_context" and "TRUNCATE" not in act and not _rows(table)
    ]


def _rows(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def test_trail_refuses_change_by_the_orm(administrator):
    change_roles(user=administrator, roles=["auditor"], by="user:1")
    log, history = SecurityLog.objects.get(), User.history.rel.related_model.objects.first()

    for row in (log, history):
        for act in (row.delete, row.save, type(row).objects.all().delete):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                act()


def test_roles_have_a_history(administrator):
    roles = apps.get_model("accounts", "UserRoleHistory").objects
    before = roles.count()

    change_roles(user=administrator, roles=["auditor"], by="user:1")

    names = dict(Group.objects.values_list("pk", "name"))
    told = [(row.pgh_label, names[row.group_id]) for row in roles.order_by("pgh_id")[before:]]
    assert sorted(told) == [("delete", "administrator"), ("insert", "auditor")]


def test_rows_after_a_called_command_still_name_the_caller(db):
    def call_and_go_on():
        call_command(_command(lambda: Team.objects.create(name="Made by the called one"), name="called"))
        Team.objects.create(name="Made afterwards")

    call_command(_command(call_and_go_on, name="caller"))

    contexts = apps.get_model("accounts", "TeamHistory").objects.values_list(
        "pgh_context__metadata__command", flat=True
    )
    assert list(contexts) == ["caller", "caller"]


# --- Digests ---------------------------------------------------------------------------------------------------
@pytest.fixture
def three_days():
    """Teams of three days, digested."""
    now = dt.datetime.now(dt.UTC)
    call_command(_command(lambda: [Team.objects.create(name=f"Team {n}") for n in range(3)]))
    for back, team in zip((3, 2, 1), Team.objects.order_by("id"), strict=True):
        moved = f"pgh_created_at = now() - interval '{back} days'"
        plant(f"UPDATE accounts_teamhistory SET {moved} WHERE pgh_obj_id = {team.pk}")
    write_digests(at=now + dt.timedelta(hours=2))
    return now


def _command(act, name="act"):
    return type(
        "Command", (AuditedCommand,), {"handle": lambda self, **options: act() and None, "__module__": f"x.{name}"}
    )()


def plant(statement):
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        assert cursor.rowcount >= 1
        cursor.execute("SET session_replication_role = DEFAULT")


def broken(at):
    report = look_at_all(at=at, only=["I4", "I5", "I7", "I8", "I17"], depth=Depth(is_deep=True))
    return {check["id"] for check in report["checks"] if check["breaches"]}


def test_each_day_is_digested_once(three_days):
    days = AuditDigest.objects.filter(trail="accounts_teamhistory").order_by("on")
    counts = [row.rows for row in days]
    before = AuditDigest.objects.count()

    assert counts == [1, 1, 1]
    call_command("check_invariants", "--only", "I8", "--deep")
    assert write_digests(at=three_days + dt.timedelta(hours=2)) == 0
    assert AuditDigest.objects.count() == before
    assert broken(three_days) == set()


MIDDLE = "trail = 'accounts_teamhistory' AND \"on\" = current_date - 2"


@pytest.mark.parametrize(
    "breach",
    [
        "UPDATE accounts_teamhistory SET name = 'Other' WHERE name = 'Team 0'",
        f"UPDATE clg_auditdigest SET digest = sha256('x') WHERE {MIDDLE}",
        f"DELETE FROM clg_auditdigest WHERE {MIDDLE}",
        "UPDATE accounts_team SET name = 'Other' WHERE name = 'Team 0'",
        "DELETE FROM accounts_team WHERE name = 'Team 0'",
        "INSERT INTO accounts_team (name) VALUES ('Other')",
        "UPDATE accounts_teamhistory SET pgh_context_id = NULL WHERE name = 'Team 0'",
        "UPDATE pghistory_context SET metadata = '{}' WHERE metadata->>'command' = 'act'",
    ],
)
def test_a_change_behind_the_guards_shows(three_days, breach):
    plant(breach)

    assert broken(three_days) == {"I8"}
