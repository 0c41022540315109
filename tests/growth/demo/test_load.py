"""The demo tenant in the database: repeatable, idempotent, through the doors, computed like any customer's data."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts.models import Account, CrmSource, Opportunity, OpportunityStage, Signal, User
from advocacy.attribution.match import match_now
from advocacy.choices import Band, Cause, Refusal, Rung, Side, Standing
from advocacy.models import Activity, Champion, CreditSet, Encounter, Readiness, Touch
from advocacy.readiness.standing import transition
from clg.models import OutboxEvent
from growth.demo.load.tenant import OtherDemo, is_loaded, load_tenant
from growth.demo.people import LOGINS, password_of
from growth.demo.seed import SOURCE_SLUG, Seed

AT = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)
SMALL = Seed(7, AT, 0.1)

# Rows by their own names, in the order of those names; keys, passwords and the moments of writing are left out.
ROWS = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
    SELECT concat_ws('|', 'account', public_id, name, domain, lifecycle, owner_email, csm_email, employees,
                     renewal_on) AS line
    FROM accounts_account
    UNION ALL SELECT concat_ws('|', 'contact', c.public_id, c.email, c.last_name, c.left_on, a.public_id)
    FROM accounts_contact c LEFT JOIN accounts_account a ON a.id = c.account_id
    UNION ALL SELECT concat_ws('|', 'deal', d.public_id, d.name, d.kind, d.stage, d.outcome, d.amount, d.currency,
                               d.opened_at, d.closed_at, d.version, d.deleted_at IS NULL, d.product_id IS NULL)
    FROM accounts_opportunity d
    UNION ALL SELECT concat_ws('|', 'stage', d.public_id, s.stage, s.entered_at)
    FROM accounts_opportunitystage s JOIN accounts_opportunity d ON d.id = s.opportunity_id
    UNION ALL SELECT concat_ws('|', 'signal', source, external_id, kind, value, observed_at, is_current)
    FROM accounts_signal
    UNION ALL SELECT concat_ws('|', 'champion', public_id, standing, standing_since, joined_at, confirmed_at)
    FROM advocacy_champion
    UNION ALL SELECT concat_ws('|', 'activity', public_id, kind, title, occurred_at, withdrawn_at)
    FROM advocacy_activity
    UNION ALL SELECT concat_ws('|', 'encounter', e.public_id, a.public_id, e.kind, e.role, e.buyer_domain,
                               e.occurred_at)
    FROM advocacy_encounter e JOIN advocacy_activity a ON a.id = e.activity_id
    UNION ALL SELECT concat_ws('|', 'user', public_id, email, name) FROM accounts_user
    UNION ALL SELECT concat_ws('|', 'rate', currency, "on", rate) FROM accounts_exchangerate
) lines
"""


def _digest() -> str:
    with connection.cursor() as cursor:
        cursor.execute(ROWS)
        return cursor.fetchone()[0]


def _loaded_and_forgotten(seed: Seed) -> str:
    """The digest of a tenant that is rolled back again."""
    with transaction.atomic():
        load_tenant(seed, secret="quiet")
        digest = _digest()
        transaction.set_rollback(True)
    return digest


@pytest.fixture
def seeded(db: None) -> Seed:
    load_tenant(SMALL, secret="quiet")
    return SMALL


@pytest.mark.django_db
def test_two_loads_of_one_seed_give_the_same_rows():
    first = _loaded_and_forgotten(SMALL)

    assert _loaded_and_forgotten(SMALL) == first
    assert first != hashlib.md5(b"", usedforsecurity=False).hexdigest()


@pytest.mark.django_db
def test_another_seed_gives_other_rows():
    assert _loaded_and_forgotten(Seed(8, AT, 0.05)) != _loaded_and_forgotten(Seed(7, AT, 0.05))


def test_public_ids_come_from_the_seed(seeded):
    source = CrmSource.objects.get(slug=SOURCE_SLUG)
    account = Account.objects.get(identities__source=source, identities__external_id=seeded.key("acc", 3))

    assert account.public_id == seeded.public_id("account", seeded.key("acc", 3))


def test_no_trigger_of_the_load_stays(seeded):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'demo_public_id'")
        assert cursor.fetchone() == (0,)


def test_deals_went_through_their_stages(seeded):
    deal = Opportunity.objects.filter(outcome="won", deleted_at=None).first()

    stages = list(OpportunityStage.objects.filter(opportunity=deal).order_by("entered_at"))

    assert stages[0].stage == "Discovery"
    assert stages[-1].stage == "Closed won" == deal.stage
    assert deal.version == len(stages)


def test_every_act_and_meeting_was_told_and_matched(seeded):
    """As if each had been recorded by hand: one event for each, and no difference left for the worker to match."""
    told = Counter(OutboxEvent.objects.values_list("type", flat=True))
    withdrawn = (
        Activity.objects.exclude(withdrawn_at=None).count() + Activity.objects.exclude(duplicate_of=None).count()
    )
    touches = Touch.objects.filter(superseded_at=None).count()

    assert told["activity.recorded"] == Activity.objects.count() > 0
    assert told["encounter.recorded"] == Encounter.objects.count() > 0
    assert told["activity.withdrawn"] == withdrawn > 0
    assert told["encounter.withdrawn"] == Encounter.objects.exclude(withdrawn_at=None).count() > 0
    match_now(Encounter.objects.values_list("pk", flat=True), cause=Cause.MATCH)
    assert Touch.objects.filter(superseded_at=None).count() == touches > 0


def test_events_carry_names_and_ids_only(seeded):
    refs = {name for event in OutboxEvent.objects.all() for name in event.refs}

    assert refs == {"account", "contact", "opportunity"}


def test_standings_follow_the_table(seeded):
    ways = [list(champion.events.order_by("at", "id")) for champion in Champion.objects.all()]

    assert all(transition(e.action, e.from_standing, e.to_standing) for way in ways for e in way)
    assert all(way[-1].to_standing == way[-1].champion.standing for way in ways)
    assert set(Champion.objects.values_list("standing", flat=True)) == set(Standing.values)


def test_only_the_people_of_the_tour_have_passwords(seeded):
    signing_in = {user.email for user in User.objects.all() if user.has_usable_password()}
    maya = User.objects.get(email="maya@corvane.example")

    assert signing_in == {person.email for person in LOGINS}
    assert maya.check_password(password_of(LOGINS[1], seeded, "quiet"))
    assert password_of(LOGINS[1], seeded, "quiet") != password_of(LOGINS[1], seeded, "other")


def test_another_demo_is_refused(seeded):
    with pytest.raises(OtherDemo):
        is_loaded(Seed(8, AT))

    assert is_loaded(seeded)


@pytest.fixture
def run_command(db: None) -> Callable[..., str]:
    def run(*arguments: str) -> str:
        out = StringIO()
        call_command("seed_demo", *arguments, stdout=out)
        return out.getvalue()

    return run


def test_second_run_keeps_the_data(run_command):
    first = run_command("--scale", "0.05", "--at", "2026-11-22T09:30:00Z")
    digest = _digest()

    second = run_command("--scale", "0.05", "--at", "2026-11-23T09:30:00Z")

    assert "Demo tenant Corvane (made up): " in first
    assert "is here already: its data is kept" in second
    assert _digest() == digest
    assert "maya@corvane.example" in second


def test_command_refuses_another_seed(run_command):
    run_command("--scale", "0.05")

    with pytest.raises(CommandError, match="make demo-reset"):
        run_command("--seed", "8", "--scale", "0.05")


@pytest.mark.django_db(transaction=True)
def test_compute_scores_and_attributes(run_command):
    run_command("--scale", "0.2", "--at", "2026-11-22T09:30:00Z", "--compute")

    assert set(Readiness.objects.values_list("band", flat=True)) == set(Band.values)
    assert set(Touch.objects.values_list("rung", flat=True)) >= set(Rung.values) - {Rung.PARENT}
    assert set(Touch.objects.values_list("side", flat=True)) >= {Side.OWN, Side.PEER}
    refused = {code for codes in CreditSet.objects.values_list("rejected_codes", flat=True) for code in codes}
    assert refused >= {Refusal.SIDE_NOT_ADMITTED, Refusal.RUNG_NOT_ADMITTED, Refusal.ROLE_NOT_SOURCED}
    flags = {flag for flags in CreditSet.objects.values_list("flags", flat=True) for flag in flags}
    assert flags >= {"basis_missing", "fx_missing", "dates_inverted"}
    assert Signal.objects.filter(is_current=False).exists()
    call_command("check_invariants", stdout=StringIO())
