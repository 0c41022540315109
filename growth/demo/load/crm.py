"""Accounts, contacts, deals and rates of the demo, as its CRM `demo-crm` would send them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.choices import ObjectType, SourceKind
from accounts.models import (
    Account,
    Contact,
    CrmSource,
    ExchangeRate,
    ExternalIdentity,
    Opportunity,
    OpportunityContact,
    OpportunityStage,
    Product,
    User,
)
from growth.demo import names
from growth.demo.companies import Company, renewal_on
from growth.demo.contacts import Person
from growth.demo.deals import STAGE_MAP, Deal
from growth.demo.rates import Rate
from growth.demo.seed import SOURCE_SLUG, Seed

BATCH = 5000


@dataclass(frozen=True)
class Keys:
    """Primary keys of what was loaded, by the demo's external id."""

    accounts: dict[str, int]
    contacts: dict[str, int]
    opportunities: dict[str, int]


def load_source() -> CrmSource:
    return CrmSource.objects.get_or_create(
        slug=SOURCE_SLUG,
        defaults={
            "name": "Demo CRM (made-up data)",
            "kind": SourceKind.OTHER,
            "rank": 1 + (CrmSource.objects.order_by("-rank").values_list("rank", flat=True).first() or 0),
            "currency": "USD",
            "stage_map": STAGE_MAP,
        },
    )[0]


def load_products() -> dict[str, Product]:
    return {
        name: Product.objects.get_or_create(name=name, defaults={"code": code})[0] for name, code, _ in names.PRODUCTS
    }


def load_rates(rates: Sequence[Rate]) -> None:
    ExchangeRate.objects.bulk_create(
        ExchangeRate(currency=rate.currency, on=rate.on, rate=rate.rate, source=SOURCE_SLUG) for rate in rates
    )


def load_crm(
    seed: Seed, source: CrmSource, companies: Sequence[Company], people: Sequence[Person], deals: Sequence[Deal],
    users: dict[str, User], products: dict[str, Product],
) -> Keys:  # fmt: skip
    accounts = _accounts(seed, companies, users)
    contacts = _contacts(seed, people, accounts)
    opportunities = _opportunities(seed, deals, accounts, users, products)
    _identities(source, ObjectType.ACCOUNT, accounts)
    _identities(source, ObjectType.CONTACT, contacts)
    _identities(source, ObjectType.OPPORTUNITY, opportunities)
    _way_of(deals, opportunities, contacts)
    return Keys(accounts, contacts, opportunities)


def _accounts(seed: Seed, companies: Sequence[Company], users: dict[str, User]) -> dict[str, int]:
    rows = {
        company.key: Account(
            public_id=seed.public_id("account", company.key),
            name=company.name,
            website=f"https://{company.domain}" if company.domain else "",
            domain=company.domain,
            industry=company.industry,
            segment=company.segment,
            region=company.region,
            country=company.country,
            employees=company.employees,
            lifecycle=company.lifecycle,
            owner=users.get(company.owner_email),
            owner_email=company.owner_email,
            csm=users.get(company.csm_email),
            csm_email=company.csm_email,
            customer_since=company.customer_since,
            renewal_on=renewal_on(company, seed.at.date()),
        )
        for company in companies
    }
    Account.objects.bulk_create(rows.values(), batch_size=BATCH)
    for company in companies:
        rows[company.key].parent = rows.get(company.parent_key)
    Account.objects.bulk_update([row for row in rows.values() if row.parent], ["parent"], batch_size=BATCH)
    return {key: row.pk for key, row in rows.items()}


def _contacts(seed: Seed, people: Sequence[Person], accounts: dict[str, int]) -> dict[str, int]:
    rows = {
        person.key: Contact(
            public_id=seed.public_id("contact", person.key),
            account_id=accounts.get(person.account_key),
            first_name=person.first_name,
            last_name=person.last_name,
            email=person.email,
            title=person.title,
            seniority=person.seniority,
            persona=person.persona,
            phone=person.phone,
            country=person.country,
            language=person.language,
            left_on=person.left_on,
        )
        for person in people
    }
    Contact.objects.bulk_create(rows.values(), batch_size=BATCH)
    for person in people:
        rows[person.key].successor = rows.get(person.successor_key)
    Contact.objects.bulk_update([row for row in rows.values() if row.successor], ["successor"], batch_size=BATCH)
    return {key: row.pk for key, row in rows.items()}


def _opportunities(
    seed: Seed, deals: Sequence[Deal], accounts: dict[str, int], users: dict[str, User], products: dict[str, Product]
) -> dict[str, int]:
    rows = {
        deal.key: Opportunity(
            public_id=seed.public_id("opportunity", deal.key),
            account_id=accounts[deal.account_key],
            name=deal.name,
            kind=deal.kind or "",
            stage=deal.stages[-1][0],
            outcome=deal.outcome,
            amount=deal.amount,
            currency=deal.currency,
            opened_at=deal.opened_at,
            lead_at=deal.lead_at,
            closed_at=deal.closed_at,
            expected_close_on=deal.expected_close_on,
            lead_source=deal.lead_source,
            product=products[deal.product],
            product_text=deal.product,
            owner=users.get(deal.owner_email),
            owner_email=deal.owner_email,
            deleted_at=seed.at - dt.timedelta(days=1) if deal.is_deleted else None,
        )
        for deal in deals
    }
    Opportunity.objects.bulk_create(rows.values(), batch_size=BATCH)
    return {key: row.pk for key, row in rows.items()}


def _identities(source: CrmSource, object_type: ObjectType, keys: dict[str, int]) -> None:
    ExternalIdentity.objects.bulk_create(
        (
            ExternalIdentity(source=source, object_type=object_type, external_id=key, **{f"{object_type}_id": pk})
            for key, pk in keys.items()
        ),
        batch_size=BATCH,
    )


def _way_of(deals: Sequence[Deal], opportunities: dict[str, int], contacts: dict[str, int]) -> None:
    OpportunityStage.objects.bulk_create(
        OpportunityStage(opportunity_id=opportunities[deal.key], stage=stage, entered_at=at)
        for deal in deals
        for stage, at in deal.stages
    )
    OpportunityContact.objects.bulk_create(
        OpportunityContact(
            opportunity_id=opportunities[deal.key], contact_id=contacts[key], role=role, is_primary=primary
        )
        for deal in deals
        for key, role, primary in deal.contacts
    )
