"""The least valid row of each model of the accounts floor."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from accounts import models
from accounts.choices import Lifecycle, OpportunityKind, SourceKind


class TeamFactory(DjangoModelFactory[models.Team]):
    class Meta:
        model = models.Team

    name = factory.Sequence(lambda n: f"Team {n}")


class UserFactory(DjangoModelFactory[models.User]):
    class Meta:
        model = models.User

    email = factory.Sequence(lambda n: f"user{n}@corvane.example")
    name = factory.Sequence(lambda n: f"User {n}")


class AccountFactory(DjangoModelFactory[models.Account]):
    class Meta:
        model = models.Account

    name = factory.Sequence(lambda n: f"Account {n}")


class CustomerFactory(AccountFactory):
    lifecycle = Lifecycle.CUSTOMER
    customer_since = dt.date(2024, 1, 1)


class ContactFactory(DjangoModelFactory[models.Contact]):
    class Meta:
        model = models.Contact

    account = factory.SubFactory(AccountFactory)
    first_name = "Ada"
    last_name = factory.Sequence(lambda n: f"Contact {n}")


class OpportunityFactory(DjangoModelFactory[models.Opportunity]):
    class Meta:
        model = models.Opportunity

    account = factory.SubFactory(AccountFactory)
    name = factory.Sequence(lambda n: f"Deal {n}")
    kind = OpportunityKind.NEW_BUSINESS
    amount = Decimal("1000.00")
    currency = "USD"
    opened_at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class SourceFactory(DjangoModelFactory[models.CrmSource]):
    class Meta:
        model = models.CrmSource

    slug = factory.Sequence(lambda n: f"source-{n}")
    name = factory.Sequence(lambda n: f"Source {n}")
    kind = SourceKind.OTHER
    rank = factory.Sequence(lambda n: n + 1)


class IdentityFactory(DjangoModelFactory[models.ExternalIdentity]):
    class Meta:
        model = models.ExternalIdentity

    source = factory.SubFactory(SourceFactory)
    object_type = "account"
    external_id = factory.Sequence(lambda n: f"id-{n}")
    account = factory.SubFactory(AccountFactory)


class ProductFactory(DjangoModelFactory[models.Product]):
    class Meta:
        model = models.Product

    name = factory.Sequence(lambda n: f"Product {n}")
