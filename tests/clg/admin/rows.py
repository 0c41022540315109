"""Rows for the lists of the admin: for each screen, one maker of a row with relations of its own."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from accounts import models as accounts
from accounts.actions.import_job import open_import, upload_data
from accounts.actions.merge import merge_duplicates
from accounts.choices import ObjectType
from accounts.sync.objects import OBJECTS
from advocacy import models as advocacy
from advocacy.choices import Band, Cause, RunKind, RunStatus, SetState, Side
from clg.models import ConsumerFailure, FeedConsumer, OutboxEvent, SecurityLog, WebhookDelivery, WebhookEndpoint
from tests.factories.accounts import (
    AccountFactory,
    ContactFactory,
    OpportunityFactory,
    SourceFactory,
    TeamFactory,
    UserFactory,
)
from tests.factories.advocacy import (
    ActivityFactory,
    AskFactory,
    ChampionFactory,
    EncounterFactory,
    GrantFactory,
    GrantUseFactory,
    TakedownFactory,
)
from tests.factories.clg import make_active_endpoint

AT = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


def champion(number):
    """A scored champion with a CSM, a score of 60 days before and an act."""
    row = ChampionFactory()
    row.account.csm = UserFactory()
    row.account.save(update_fields=["csm"])
    weights = advocacy.ReadinessModel.objects.get(state="active")
    advocacy.Readiness.objects.create(
        champion=row,
        score="71.50",
        coverage=90,
        confidence=80,
        band=Band.READY,
        parts=[],
        scored_week="2026-03-02",
        model=weights,
    )
    advocacy.ReadinessChange.objects.create(
        champion=row,
        at=AT - dt.timedelta(days=60),
        new_score="65.00",
        new_band=Band.WARMING,
        parts=[],
        cause="week",
        model=weights,
    )
    ActivityFactory(champion=row)
    return row


def touch(number, **fields):
    encounter = EncounterFactory()
    act = encounter.activity
    row = {
        "encounter": encounter,
        "activity": act,
        "activity_kind": act.kind,
        "champion": act.champion,
        "occurred_at": encounter.occurred_at,
        "kind": encounter.kind,
        "role": encounter.role,
        "rung": 5,
        "side": Side.PEER,
        "source": encounter.source,
        "weight_hint": 1,
        **fields,
    }
    row.setdefault("opportunity", OpportunityFactory())
    return advocacy.Touch.objects.create(**row)


def ask(number):
    """An ask of a seller with a gate passed over and its minutes reserved."""
    asker = UserFactory(team=TeamFactory())
    row = AskFactory(asked_by=asker, asked_as=f"user:{asker.pk}", team=asker.team, gates=["resting"], willingness=61)
    advocacy.AskOverride.objects.create(ask=row, gate="resting", reason="They offered it.", by=asker, at=AT)
    advocacy.EffortEntry.objects.create(
        ask=row,
        champion=row.champion,
        account=row.account,
        bucket="reserved",
        minutes=45,
        effective_on=AT.date(),
        at=AT,
        by="system",
    )
    return row


def grant(number):
    """A person's grant with a place of use, a company it never serves and a step."""
    row = GrantFactory()
    GrantUseFactory(grant=row)
    advocacy.GrantParty.objects.create(grant=row, account=AccountFactory(), role="never_to")
    advocacy.GrantEvent.objects.create(
        grant=row, sequence=1, event="grant", to_state=row.state, actor="system", at=AT, fields_sha256="0" * 64
    )
    return row


def use_rule(number):
    """The uses are fixed: one of those that there are."""
    return advocacy.UseRule.objects.order_by("pk")[number % advocacy.UseRule.objects.count()]


def budget(number):
    day = dt.date(2026, 1, 1) + dt.timedelta(days=number)
    return advocacy.EffortBudget.objects.create(
        scope="account", account=AccountFactory(), account_minutes=300, valid_from=day
    )


def blackout(number):
    day = dt.date(2026, 1, 1) + dt.timedelta(days=number)
    return advocacy.BlackoutPeriod.objects.create(
        scope="account", account=AccountFactory(), first_day=day, last_day=day, reason="Year end"
    )


def run(number):
    row = advocacy.AttributionRun.objects.create(
        kind=RunKind.CHANGES, as_of=AT, status=RunStatus.COMPLETED, started_at=AT, finished_at=AT
    )
    advocacy.AttributionRunRange.objects.create(run=row, number=0, to_deal=9, deals_done=4, heartbeat_at=AT)
    return row


def credit_set(number):
    """A set that left the scope: it needs no lines."""
    deal = OpportunityFactory()
    model = advocacy.AttributionModel.objects.filter(is_active=True).first()
    return advocacy.CreditSet.objects.create(
        run=run(number),
        model=model,
        model_version=model.current_version,
        opportunity=deal,
        generation=1,
        cause=Cause.DEAL,
        state=SetState.CLOSED,
        closed_reason="deleted",
        fact=advocacy.OpportunityFact.objects.get(opportunity=deal, superseded_at=None),
        as_of=AT,
        outcome=deal.outcome,
        basis_minor=100000,
        currency="USD",
        reporting_currency="USD",
        raw_total=0,
        fingerprint=uuid.uuid4(),
    )


def signal(number):
    contact = ContactFactory()
    return accounts.Signal.objects.create(
        kind="nps", account=contact.account, contact=contact, raw=9, value=90, observed_at=AT, source="survey"
    )


def identity(number):
    return accounts.ExternalIdentity.objects.create(
        source=SourceFactory(), object_type=ObjectType.ACCOUNT, external_id=f"001-{number}", account=AccountFactory()
    )


def conflict(number):
    named = identity(number)
    return accounts.SyncConflict.objects.create(
        source=named.source, identity=named, field="name", clock=[1, 2], kept_hash=b"a", lost_hash=b"b"
    )


def merge(number):
    winner, loser = AccountFactory(), AccountFactory()
    OpportunityFactory(account=loser)
    return merge_duplicates(winner=winner, losers=[loser], at=timezone.now()).event


def client(number):
    return accounts.ApiClient.objects.create(
        name=f"Client {number}",
        source=SourceFactory(),
        allowed_scopes=["accounts:read"],
        client_type="confidential",
        authorization_grant_type="client-credentials",
    )


def user(number):
    """Somebody who was invited and has no password yet."""
    row = UserFactory(team=TeamFactory(), superior=UserFactory())
    row.set_unusable_password()
    row.save(update_fields=["password"])
    row.groups.add(Group.objects.get(name="sales"))
    return row


def account(number):
    row = AccountFactory(owner=UserFactory(), csm=UserFactory(), renewal_on=dt.date(2026, 6, 1))
    OpportunityFactory(account=row)
    return row


def weights(number):
    return advocacy.ReadinessModel.objects.create(version=100 + number, made_by=UserFactory())


def event(number, **fields):
    values = {"type": "account.updated", "object_type": "account", "object_id": uuid.uuid4(), "version": 1}
    return OutboxEvent.objects.create(**values | fields)


def failure(number):
    consumer = FeedConsumer.objects.create(name=f"failing.{number}", position=0)
    return ConsumerFailure.objects.create(consumer=consumer, event=event(number), error="ValueError")


def endpoint(number):
    """An active endpoint of a client, with a delivery that arrived."""
    return delivery(number).endpoint


def delivery(number):
    made = make_active_endpoint(f"client:{client(number).pk}").endpoint
    event = OutboxEvent.objects.create(type="account.updated", object_type="account", object_id=uuid.uuid4())
    return WebhookDelivery.objects.create(
        endpoint=made, event=event, state="done", attempts=1, status=200, latency_ms=12, attempted_at=AT, finished_at=AT
    )


def import_job(number):
    """A job with data, so that its page has acts and a sample."""
    job = open_import(source=SourceFactory(), of=OBJECTS["accounts"], preset="salesforce_export", by="user:1")
    return upload_data(job=job, stream=io.BytesIO(b"Id,Name\nA,Acme\n"), at=AT, file_name="file.csv")


MAKERS: dict[type[Any], Callable[[int], Any]] = {
    accounts.Account: account,
    accounts.ApiClient: client,
    accounts.Contact: lambda number: ContactFactory(),
    accounts.CrmSource: lambda number: SourceFactory(),
    accounts.ExchangeRate: lambda number: accounts.ExchangeRate.objects.create(
        currency="EUR", on=dt.date(2026, 1, 1) + dt.timedelta(days=number), rate="1.08"
    ),
    accounts.ExternalIdentity: identity,
    accounts.ImportJob: import_job,
    accounts.ImportPreset: lambda number: accounts.ImportPreset.objects.create(
        name=f"preset-{number}", rules={"based_on": "salesforce_export"}
    ),
    accounts.Opportunity: lambda number: OpportunityFactory(owner=UserFactory()),
    accounts.Product: lambda number: accounts.Product.objects.create(name=f"Product {number}"),
    accounts.Signal: signal,
    accounts.MergeEvent: merge,
    accounts.SyncConflict: conflict,
    accounts.Team: lambda number: TeamFactory(superior=TeamFactory()),
    accounts.User: user,
    advocacy.Activity: lambda number: EncounterFactory().activity,
    advocacy.Ask: ask,
    advocacy.AttributionModel: lambda number: advocacy.AttributionModel.objects.create(
        key=f"model-{number}", name=f"Model {number}", question="influenced"
    ),
    advocacy.AttributionRun: run,
    advocacy.BlackoutPeriod: blackout,
    advocacy.Champion: champion,
    advocacy.EffortBudget: budget,
    advocacy.UseRule: use_rule,
    advocacy.CreditSet: credit_set,
    advocacy.Encounter: lambda number: EncounterFactory(buyer_account=AccountFactory()),
    advocacy.Grant: grant,
    advocacy.ReadinessModel: weights,
    advocacy.TakedownTask: lambda number: TakedownFactory(grant_use__grant=GrantFactory(), owner=UserFactory()),
    advocacy.Touch: touch,
    ConsumerFailure: failure,
    FeedConsumer: lambda number: FeedConsumer.objects.create(name=f"reader.{number}", position=0),
    OutboxEvent: event,
    WebhookDelivery: delivery,
    WebhookEndpoint: endpoint,
    SecurityLog: lambda number: SecurityLog.objects.create(event="login", actor=f"user:{number}"),
}
