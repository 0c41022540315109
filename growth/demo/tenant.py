"""The whole demo tenant as rows: what one seed gives."""

from __future__ import annotations

from dataclasses import dataclass, replace

from accounts.actions.rate import Rate
from accounts.choices import Lifecycle
from growth.demo.advocacy import Deed, Meeting, make_record
from growth.demo.asking import Asked, Key, LoggedAsk, make_asks, make_keys, make_logged
from growth.demo.champions import Advocate, make_champions
from growth.demo.companies import Company, make_companies
from growth.demo.contacts import Person, make_contacts
from growth.demo.deals import Deal, churned, make_deals
from growth.demo.people import Person as Colleague
from growth.demo.people import make_people
from growth.demo.rates import make_rates
from growth.demo.seed import Seed
from growth.demo.signals import Fact, make_signals

REFERRED_SOURCE = "Customer referral"


@dataclass(frozen=True)
class Tenant:
    people: list[Colleague]
    rates: list[Rate]
    companies: list[Company]
    contacts: list[Person]
    deals: list[Deal]
    pool: list[Advocate]
    facts: list[Fact]
    deeds: list[Deed]
    meetings: list[Meeting]
    keys: list[Key]
    asks: list[Asked]
    logged: list[LoggedAsk]


def make_tenant(seed: Seed) -> Tenant:
    """Everything, in the order in which one noun needs another."""
    people = make_people(seed)
    companies = make_companies(seed, people)
    contacts = make_contacts(seed, companies)
    deals = make_deals(seed, companies, contacts)
    gone = churned(deals)
    companies = [replace(c, lifecycle=Lifecycle.FORMER_CUSTOMER) if c.key in gone else c for c in companies]
    pool = make_champions(seed, people, companies, contacts)
    record = make_record(seed, companies, contacts, deals, pool)
    referred = record.sourced_deals
    return Tenant(
        people=people,
        rates=make_rates(seed),
        companies=companies,
        contacts=contacts,
        deals=[replace(deal, lead_source=REFERRED_SOURCE) if deal.key in referred else deal for deal in deals],
        pool=pool,
        facts=make_signals(seed, companies, contacts, pool),
        deeds=record.deeds,
        meetings=record.meetings,
        keys=make_keys(seed, pool),
        asks=make_asks(seed, pool),
        logged=make_logged(seed, pool),
    )
