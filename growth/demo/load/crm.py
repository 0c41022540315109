"""Accounts, contacts and deals of the demo through the merge engine, as its CRM `demo-crm` would have sent them.

A deal comes as many times as it entered a stage, each with the clock of that moment, so its way through the stages is
written by the same rule as a customer's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connection

from accounts.actions.rate import Rate, record_rates
from accounts.actions.source import create_source
from accounts.choices import SourceKind
from accounts.models import CrmSource, ExternalIdentity, Product
from accounts.sync.engine import upsert
from accounts.sync.objects import ACCOUNT, CONTACT, OPPORTUNITY, SyncObject
from growth.demo import names
from growth.demo.companies import Company, renewal_on
from growth.demo.contacts import Person
from growth.demo.deals import STAGE_MAP, Deal
from growth.demo.load.public_ids import derived_public_ids
from growth.demo.seed import SOURCE_SLUG, Seed

BATCH = 5000
RawItem = dict[str, Any]


@dataclass(frozen=True)
class Keys:
    """Primary keys of what was loaded, by the demo's external id."""

    accounts: dict[str, int]
    contacts: dict[str, int]
    opportunities: dict[str, int]


class NotLoaded(RuntimeError):
    """The engine refused an item of ours: a defect of the demo, so nothing is stored."""


def load_source() -> CrmSource:
    """The made-up CRM; it ranks below every source that is here."""
    source = CrmSource.objects.filter(slug=SOURCE_SLUG).first() or create_source(
        slug=SOURCE_SLUG, kind=SourceKind.OTHER, name="Demo CRM (made-up data)", currency="USD", by="seed_demo"
    )
    source.stage_map = STAGE_MAP
    source.save(update_fields=["stage_map"])
    return source


def load_products() -> dict[str, Product]:
    return {
        name: Product.objects.get_or_create(name=name, defaults={"code": code})[0] for name, code, _ in names.PRODUCTS
    }


def load_rates(rates: Sequence[Rate]) -> None:
    record_rates(rates=rates, source=SOURCE_SLUG)


def load_crm(
    seed: Seed, source: CrmSource, companies: Sequence[Company], people: Sequence[Person], deals: Sequence[Deal]
) -> Keys:
    """Companies, people, then the deals stage by stage; the clocks lie in the past, deletions come last."""
    with derived_public_ids(seed, source):
        _send(seed, source, ACCOUNT, (_account(seed, company) for company in companies))
        _send(seed, source, CONTACT, (_contact(seed, person) for person in people))
        for step in range(max(len(deal.stages) for deal in deals)):
            _send(seed, source, OPPORTUNITY, (_deal(deal, step) for deal in deals if step < len(deal.stages)))
        _send(seed, source, OPPORTUNITY, (_deletion(seed, deal) for deal in deals if deal.is_deleted))
    return Keys(_keys(source, "account"), _keys(source, "contact"), _keys(source, "opportunity"))


def _send(seed: Seed, source: CrmSource, of: SyncObject, items: Iterable[RawItem]) -> None:
    waiting = iter(items)
    while batch := list(islice(waiting, BATCH)):
        results = upsert(source=source, of=of, raw_items=batch, at=seed.at)
        failed = [result for result in results if result.outcome == "failed"]
        if failed:
            raise NotLoaded(f"{len(failed)} items, first {failed[0].external_id}: {failed[0].errors[0].detail}")
        _refresh_statistics(of)


def _refresh_statistics(of: SyncObject) -> None:
    """With the statistics of empty tables the next batch would be planned twenty times slower."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {of.model._meta.db_table}, accounts_externalidentity")


def _keys(source: CrmSource, noun: str) -> dict[str, int]:
    rows = ExternalIdentity.objects.filter(source=source, object_type=noun)
    return dict(rows.values_list("external_id", f"{noun}_id"))


def _item(key: str, clock: dt.datetime, fields: RawItem, **relations: object) -> RawItem:
    """An item as the API takes it; empty values are sent as null, a missing relation is left out."""
    return {
        "external_id": key,
        "source_updated_at": clock,
        "fields": {name: None if value == "" else value for name, value in fields.items()},
        "relations": {name: value for name, value in relations.items() if value},
    }


def _to(key: str) -> RawItem | None:
    return {"external_id": key} if key else None


def _account(seed: Seed, company: Company) -> RawItem:
    fields = {
        "name": company.name,
        "website": f"https://{company.domain}" if company.domain else "",
        "domain": company.domain,
        "industry": company.industry,
        "segment": company.segment,
        "region": company.region,
        "country": company.country,
        "employees": company.employees,
        "lifecycle": company.lifecycle,
        "owner_email": company.owner_email,
        "csm_email": company.csm_email,
        "customer_since": company.customer_since,
        "renewal_on": renewal_on(company, seed.at.date()),
    }
    return _item(company.key, _yesterday(seed), fields, parent=_to(company.parent_key))


def _contact(seed: Seed, person: Person) -> RawItem:
    fields = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "title": person.title,
        "seniority": person.seniority,
        "persona": person.persona,
        "phone": person.phone,
        "country": person.country,
        "language": person.language,
        "left_on": person.left_on,
    }
    home, heir = _to(person.account_key), _to(person.successor_key)
    return _item(person.key, _yesterday(seed), fields, account=home, successor=heir)


def _yesterday(seed: Seed) -> dt.datetime:
    return seed.at - dt.timedelta(days=1)


def _deal(deal: Deal, step: int) -> RawItem:
    """The whole deal at its first stage, what closing adds at its last, else the stage alone."""
    stage, entered_at = deal.stages[step]
    fields: RawItem = {"stage": stage}
    if step == len(deal.stages) - 1:
        fields |= {"outcome": deal.outcome, "closed_at": deal.closed_at}
    if step > 0:
        return _item(deal.key, entered_at, fields)
    fields |= {
        "name": deal.name,
        "kind": deal.kind or "",
        "amount": None if deal.amount is None else str(deal.amount),
        "currency": deal.currency if deal.amount is not None else "",
        "opened_at": deal.opened_at,
        "lead_at": deal.lead_at,
        "expected_close_on": deal.expected_close_on,
        "lead_source": deal.lead_source,
        "owner_email": deal.owner_email,
        "product": deal.product,
    }
    roles = [{"external_id": key, "role": role, "is_primary": primary} for key, role, primary in deal.contacts]
    return _item(deal.key, entered_at, fields, account=_to(deal.account_key), contacts=roles)


def _deletion(seed: Seed, deal: Deal) -> RawItem:
    return {"external_id": deal.key, "op": "delete", "source_updated_at": _yesterday(seed) + dt.timedelta(hours=1)}
