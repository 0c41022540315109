"""Each check of the ground floor and the accounts floor sees its own breach, planted past the guards, and no other."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.models import CrmSource, ExternalIdentity, ImportJob
from clg import crypto
from clg.closed import rotate_all
from clg.events.numbering import number_events
from clg.events.outbox import emit
from clg.invariants import Depth, Invariant, look_at_all, register, registered
from clg.models import FeedConsumer, IdempotencyKey, SweepTick
from tests.callers import make_client
from tests.factories.accounts import AccountFactory, SourceFactory, UserFactory
from tests.factories.clg import make_active_endpoint

pytestmark = pytest.mark.django_db
ALL = ["I4", "I5", "I7", "I17"]


@pytest.fixture(autouse=True)
def world():
    """Three events read by a consumer, three names of one account, a person with a second factor, a client."""
    source, account = SourceFactory(slug="crm"), AccountFactory(version=3)
    for version in (1, 2, 3):
        emit("account.updated", object_type="account", object_id=account.public_id, version=version)
    number_events()
    FeedConsumer.objects.create(name="reader", position=3)
    SweepTick.objects.create(job="clg.sweep", tick=1, claimed_at=timezone.now())
    winner = ExternalIdentity.objects.create(source=source, object_type="account", external_id="A", account=account)
    for name in ("B", "C"):
        winner = ExternalIdentity.objects.create(
            source=source, object_type="account", external_id=name, state="merged", canonical=winner
        )
    person = UserFactory()
    person.set_unusable_password()
    person.save(update_fields=["password"])
    TOTP.activate(person, "SECRETSECRETSECRET")
    client = make_client(source, "accounts:read")
    make_active_endpoint(f"client:{client.pk}")
    IdempotencyKey.objects.create(
        principal="user:1", key="k", fingerprint=b"", status=200, body=crypto.encrypt(b"{}"), expires_at=timezone.now()
    )


def broken():
    report = look_at_all(at=timezone.now(), only=ALL, depth=Depth(is_deep=True))
    assert all(len(check["sample"]) > 0 for check in report["checks"] if check["breaches"])
    return {check["id"] for check in report["checks"] if check["breaches"]}


def plant(*statements):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
            assert cursor.rowcount != 0
        cursor.execute("SET session_replication_role = DEFAULT")


OF_A = "(SELECT id FROM accounts_externalidentity WHERE external_id = 'A')"
OF_C = "(SELECT id FROM accounts_externalidentity WHERE external_id = 'C')"
LONG_AGO = "UPDATE clg_outboxevent SET occurred_at = now() - interval '1 hour'"
NO_CHECK = "ALTER TABLE accounts_externalidentity DROP CONSTRAINT accounts_externalidentity_active_has_object"
NO_CANONICAL = NO_CHECK.replace("active_has_object", "merged_has_canonical")
NO_UNIQUE = "ALTER TABLE accounts_externalidentity DROP CONSTRAINT accounts_externalidentity_once"
# The third version of the account, which its history dates, is of no event.
TOLD_LESS = "UPDATE clg_outboxevent SET version = NULL WHERE version = 3"
RESYNCED = (
    "UPDATE clg_outboxevent SET type = 'account.resync_required', object_type = 'import_job',"
    " occurred_at = (SELECT min(pgh_created_at) FROM accounts_accounthistory){} WHERE position = 1"
)


def test_all_hold():
    assert broken() == set()


@pytest.mark.parametrize(
    ("breach", "found"),
    [
        ([f"UPDATE accounts_externalidentity SET canonical_id = {OF_C} WHERE external_id = 'B'"], "I4"),
        ([NO_CANONICAL, "UPDATE accounts_externalidentity SET canonical_id = NULL WHERE external_id = 'B'"], "I4"),
        ([NO_CHECK, "UPDATE accounts_externalidentity SET account_id = NULL WHERE external_id = 'A'"], "I4"),
        ([NO_UNIQUE, f"UPDATE accounts_externalidentity SET external_id = 'C' WHERE id = {OF_A}"], "I4"),
        (["DELETE FROM clg_outboxevent WHERE position = 2"], "I5"),
        (["DELETE FROM clg_outboxevent WHERE position = 3"], "I5"),
        (["UPDATE clg_outboxevent SET version = 9 WHERE position = 2"], "I5"),
        (["UPDATE clg_feedconsumer SET position = 4"], "I5"),
        ([TOLD_LESS], "I5"),
        ([TOLD_LESS, RESYNCED.format("- interval '1 second'")], "I5"),
        (["UPDATE clg_feedconsumer SET lease_until = now() - interval '301 seconds'"], "I7"),
        (
            [
                "UPDATE clg_outboxevent SET occurred_at = now() - interval '1 hour'",
                "UPDATE clg_feedconsumer SET position = 2",
            ],
            "I7",
        ),
        (
            [
                LONG_AGO,
                "UPDATE clg_outboxevent SET position = position - 1",
                "UPDATE clg_outboxevent SET position = NULL WHERE position = 0",
                "UPDATE clg_feedstate SET last_position = 2",
                "UPDATE clg_feedconsumer SET position = 2",
            ],
            "I7",
        ),
        (["UPDATE accounts_user SET password = 'correct horse battery staple'"], "I17"),
        (["UPDATE accounts_apiclient SET client_secret = 'plain'"], "I17"),
        (['UPDATE mfa_authenticator SET data = \'{"secret": "SECRET"}\''], "I17"),
        (["UPDATE clg_idempotencykey SET body = 'plain'"], "I17"),
        (["UPDATE clg_webhookendpoint SET secret = 'whsec_plain'"], "I17"),
    ],
)
def test_a_planted_breach_is_found_by_its_own_check(breach, found):
    plant(*breach)

    assert broken() == {found}


def test_a_lease_that_just_ended_and_a_young_event_are_no_breach():
    plant("UPDATE clg_feedconsumer SET lease_until = now() - interval '299 seconds', position = 2")

    assert broken() == set()


def test_what_was_told_to_all_anew_is_told():
    plant(TOLD_LESS, RESYNCED.format(""))

    assert broken() == set()


@pytest.mark.parametrize(("seconds", "found"), [(299, set()), (301, {"I7"})])
def test_an_import_that_nobody_takes_over_is_found(seconds, found):
    late = timezone.now() - dt.timedelta(seconds=seconds)
    ImportJob.objects.create(
        source=CrmSource.objects.get(), object_type="account", state="running", taken_at=late, lease_until=late
    )

    assert broken() == found


def test_nothing_is_due_while_the_sweeper_does_not_run():
    plant("DELETE FROM clg_sweeptick", LONG_AGO)
    plant("UPDATE clg_feedconsumer SET position = 0")

    assert broken() == set()


def test_command_exits_with_2_when_it_cannot_look(monkeypatch):
    def fail(**_):
        raise DatabaseError("gone")

    monkeypatch.setattr("clg.management.commands.check_invariants.look_at_all", fail)

    with pytest.raises(CommandError) as refusal:
        call_command("check_invariants")

    assert refusal.value.returncode == 2


def test_report_has_the_promised_form(capsys):
    call_command("check_invariants", "--only", "I5,I4", "--json")

    report = json.loads(capsys.readouterr().out)
    assert set(report) == {"ok", "at", "checks"}
    assert [set(check) for check in report["checks"]] == [{"id", "title", "checked", "breaches", "sample", "ms"}] * 2
    assert dt.datetime.fromisoformat(report["at"]).tzinfo is not None


def test_one_part_of_an_invariant_is_registered_once():
    known = next(invariant for invariant in registered() if invariant.id == "I4")

    with pytest.raises(ValueError, match="twice"):
        register(Invariant("I4", known.title, known.look))


# --- Key rotation ------------------------------------------------------------------------------------------------
def test_rotated_values_open_with_the_new_key_alone(settings, capsys):
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    settings.FIELD_KEYS = [new, old]

    call_command("rotate_keys", "--json")

    assert json.loads(capsys.readouterr().out) == {
        "clg.IdempotencyKey.body": 1,
        "clg.WebhookEndpoint.former_secret": 0,
        "clg.WebhookEndpoint.secret": 1,
        "mfa.Authenticator.data": 1,
    }
    assert set(rotate_all().values()) == {0}
    settings.FIELD_KEYS = [new]
    assert crypto.decrypt(bytes(IdempotencyKey.objects.get().body)) == b"{}"
    assert broken() == set()


def test_lost_key_stops_the_rotation_and_names_the_way_out(settings):
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(CommandError, match="put that key back"):
        call_command("rotate_keys")
