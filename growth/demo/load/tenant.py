"""The demo tenant from seed to rows, step by step, so that a caller can show how far it got."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from accounts.models import CrmSource, ExternalIdentity
from clg.errors import DomainError
from clg.events.origin import Origin, caused_by
from growth.demo.load.advocacy import load_deeds, load_meetings
from growth.demo.load.asking import load_asking
from growth.demo.load.crm import load_crm, load_products, load_rates, load_source
from growth.demo.load.people import load_people
from growth.demo.load.pool import load_pool
from growth.demo.load.signals import load_signals
from growth.demo.load.webhooks import load_endpoints
from growth.demo.load.weeks import load_weeks
from growth.demo.seed import SOURCE_SLUG, Seed
from growth.demo.tenant import Tenant, make_tenant

Progress = Callable[[str], None]
STEPS = (
    "inventing",
    "people",
    "rates",
    "accounts, contacts and deals",
    "signals",
    "champions",
    "activities",
    "encounters",
    "half a year of readiness",
    "keys and asks",
    "webhooks",
)


class OtherDemo(DomainError):
    """A demo tenant of another seed is here already."""

    code = "other_demo"


def is_loaded(seed: Seed) -> bool:
    """Whether this seed's tenant is here. Raises `OtherDemo` when another one is: two would answer to one name."""
    source = CrmSource.objects.filter(slug=SOURCE_SLUG).first()
    if source is None:
        return False
    identities = ExternalIdentity.objects.filter(source=source, object_type="account")
    if identities.filter(external_id=seed.key("acc", 1)).exists():
        return True
    if identities.exists():
        raise OtherDemo("Another demo tenant is here. Start over with: make demo-reset")
    return False


def load_tenant(seed: Seed, *, secret: str, progress: Progress = lambda step: None) -> Tenant:
    """Make and write everything in one transaction: all of it or nothing."""
    progress("inventing")
    tenant = make_tenant(seed)
    with transaction.atomic(), caused_by(Origin(kind="import", actor="seed_demo", source=SOURCE_SLUG)):
        _write(seed, tenant, secret, progress)
    return tenant


def _write(seed: Seed, tenant: Tenant, secret: str, progress: Progress) -> None:
    progress("people")
    users = load_people(seed, tenant.people, secret=secret)
    progress("rates")
    load_rates(tenant.rates)
    progress("accounts, contacts and deals")
    source, products = load_source(), load_products()
    keys = load_crm(seed, source, tenant.companies, tenant.contacts, tenant.deals)
    progress("signals")
    load_signals(seed, source, tenant.facts)
    progress("champions")
    champions = load_pool(seed, tenant.pool, keys, users, products)
    progress("activities")
    deeds = load_deeds(seed, tenant.deeds, champions)
    progress("encounters")
    load_meetings(seed, tenant.meetings, deeds, keys, users)
    progress("half a year of readiness")
    load_weeks(seed)
    progress("keys and asks")
    load_asking(seed, tenant, champions, users)
    progress("webhooks")
    load_endpoints(source)
