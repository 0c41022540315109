"""The least valid row of each model of the advocacy floor."""

from __future__ import annotations

import datetime as dt

import factory
from factory.django import DjangoModelFactory

from advocacy import models
from advocacy.choices import (
    ActivityKind,
    AskState,
    EncounterKind,
    GrantEnd,
    Grantor,
    GrantState,
    ProofKind,
    PublicationChannel,
    SignerAuthority,
    Standing,
    Use,
)
from tests.factories.accounts import ContactFactory, CustomerFactory


class ChampionFactory(DjangoModelFactory[models.Champion]):
    class Meta:
        model = models.Champion

    contact = factory.SubFactory(ContactFactory, account=factory.SubFactory(CustomerFactory))
    account = factory.SelfAttribute("contact.account")
    standing = Standing.ACTIVE
    standing_since = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class ActivityFactory(DjangoModelFactory[models.Activity]):
    class Meta:
        model = models.Activity

    champion = factory.SubFactory(ChampionFactory)
    account = factory.SelfAttribute("champion.account")
    kind = ActivityKind.REFERENCE_CALL
    occurred_at = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    source = "test"
    source_ref = factory.Sequence(lambda n: f"activity-{n}")


class EncounterFactory(DjangoModelFactory[models.Encounter]):
    class Meta:
        model = models.Encounter

    activity = factory.SubFactory(ActivityFactory)
    buyer_domain = "buyer.example"
    occurred_at = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    kind = EncounterKind.CONVERSATION
    source = "test"
    source_ref = factory.Sequence(lambda n: f"encounter-{n}")


class AskFactory(DjangoModelFactory[models.Ask]):
    class Meta:
        model = models.Ask

    champion = factory.SubFactory(ChampionFactory)
    account = factory.SelfAttribute("champion.account")
    use = Use.CALL
    state = AskState.RESERVED
    minutes = 45
    asked_as = "system"
    reserved_at = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)


class GrantFactory(DjangoModelFactory[models.Grant]):
    """The person's key for a call, given in the portal."""

    class Meta:
        model = models.Grant

    grantor = Grantor.PERSON
    champion = factory.SubFactory(ChampionFactory)
    use = Use.CALL
    state = GrantState.GRANTED
    valid_from = dt.date(2026, 1, 1)
    proof_kind = ProofKind.PORTAL
    decided_at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class CompanyGrantFactory(DjangoModelFactory[models.Grant]):
    """The company's key for a call, by a form that legal signed."""

    class Meta:
        model = models.Grant

    grantor = Grantor.COMPANY
    account = factory.SubFactory(CustomerFactory)
    use = Use.CALL
    state = GrantState.GRANTED
    valid_from = dt.date(2026, 1, 1)
    proof_kind = ProofKind.SIGNED_FORM
    signer_authority = SignerAuthority.LEGAL
    decided_at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class GrantUseFactory(DjangoModelFactory[models.GrantUse]):
    class Meta:
        model = models.GrantUse

    grant = factory.SubFactory(CompanyGrantFactory)
    label = factory.Sequence(lambda n: f"Logo {n}")
    channel = PublicationChannel.WEBSITE
    url = "https://www.corvane.example/customers"
    since = dt.date(2026, 2, 1)


class TakedownFactory(DjangoModelFactory[models.TakedownTask]):
    """One place of an ended grant that is still up."""

    class Meta:
        model = models.TakedownTask

    grant_use = factory.SubFactory(GrantUseFactory)
    due_on = dt.date(2026, 3, 2)
    opened_at = dt.datetime(2026, 2, 20, tzinfo=dt.UTC)
    cause = GrantEnd.WITHDRAWN
