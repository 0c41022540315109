"""The lists of the API as the URL configuration has them, with one maker of a row for each."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.urls import get_resolver

from accounts import models as accounts
from accounts.actions.import_job import open_import
from accounts.models import ExternalIdentity, OpportunityContact
from accounts.sync.objects import OBJECTS
from advocacy import models as advocacy
from advocacy.choices import SetState
from clg.api.doors import ReadDoor
from clg.models import OutboxEvent, WebhookDelivery, WebhookEndpoint
from tests.clg.admin.rows import MAKERS, credit_set
from tests.factories.accounts import AccountFactory, ContactFactory, OpportunityFactory
from tests.factories.clg import make_active_endpoint

MODEL: Final = "influenced-linear"
ENDPOINT: Final = uuid.UUID(int=7)


@dataclass(frozen=True)
class ListAddress:
    """One list: where it is, and the door that answers."""

    route: str
    door: type[ReadDoor[Any]]

    @property
    def path(self) -> str:
        return "/" + self.route.replace("<str:key>", MODEL).replace("<str:public_id>", f"whe_{ENDPOINT.hex}")

    @property
    def everything(self) -> str:
        """The query for long pages with all that the rows can embed."""
        embedded = ",".join(self.door.expansions)
        return "?limit=200" + (f"&expand={embedded}" if embedded else "")


def lists() -> list[ListAddress]:
    """Every address that answers pages, by its route."""
    return sorted(_walk(get_resolver(), ""), key=lambda found: found.route)


def _walk(resolver: Any, prefix: str) -> Iterator[ListAddress]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from _walk(entry, route)
        elif (getattr(entry.callback, "actions", None) or {}).get("get") == "page":
            yield ListAddress(route, entry.callback.cls)


def key_of(row: dict[str, Any]) -> Any:
    """What names a row of a list."""
    return row.get("id") or row.get("key") or row["version"]


def account(number):
    row = AccountFactory(parent=AccountFactory())
    _named("account", row)
    return row


def contact(number):
    row = ContactFactory(successor=ContactFactory())
    _named("contact", row)
    return row


def opportunity(number):
    """A deal with two people on it, all known to the caller."""
    deal = OpportunityFactory()
    for person in (ContactFactory(account=deal.account), ContactFactory()):
        OpportunityContact.objects.create(opportunity=deal, contact=person, role="Buyer")
        _named("contact", person)
    _named("opportunity", deal)
    return deal


def _named(kind, row):
    source = accounts.CrmSource.objects.get(slug="crm")
    ExternalIdentity.objects.create(source=source, object_type=kind, external_id=f"{kind}-{row.pk}", **{kind: row})


def import_job(number):
    """A job of the source that calls, without data."""
    source = accounts.CrmSource.objects.get(slug="crm")
    return open_import(source=source, of=OBJECTS["accounts"], preset="salesforce_export", by="user:1")


def version(number):
    """A further version of one model, equal to its current one."""
    row = advocacy.AttributionModel.objects.get(key=MODEL).current_version
    newest = advocacy.AttributionModelVersion.objects.filter(model=row.model).order_by("-number").first()
    row.pk, row.number = None, newest.number + 1
    row._state.adding = True
    row.save()
    return row


def attribution(number):
    """A deal that nothing has touched, divided under one model. Its line comes first: a set without is refused."""
    model = advocacy.AttributionModel.objects.get(question="sourced", is_default=True)
    row = credit_set(number)
    row.pk, row.generation, row.state, row.closed_reason = row.pk + 1_000_000, 1, SetState.LINES, ""
    row.model, row.model_version, row.raw_total, row.reporting_minor = model, model.current_version, 1, 100000
    advocacy.Credit.objects.create(
        credit_set_id=row.pk,
        line_no=1,
        unattributed_reason="no_touch",
        raw=1,
        credit_micros=1_000_000,
        amount_minor=100000,
        reporting_minor=100000,
    )
    row.save(force_insert=True)
    return advocacy.CreditHead.objects.create(model=model, opportunity=row.opportunity, credit_set=row, generation=1)


def endpoint(number):
    """An endpoint of the client that calls."""
    return make_active_endpoint(f"client:{accounts.ApiClient.objects.latest('pk').pk}").endpoint


def delivery(number):
    """A delivery to the endpoint that the path names."""
    if not WebhookEndpoint.objects.filter(public_id=ENDPOINT).exists():
        WebhookEndpoint.objects.filter(pk=endpoint(number).pk).update(public_id=ENDPOINT)
    event = OutboxEvent.objects.create(type="account.updated", object_type="account", object_id=uuid.uuid4())
    return WebhookDelivery.objects.create(endpoint=WebhookEndpoint.objects.get(public_id=ENDPOINT), event=event)


ROWS: Final[dict[str, Callable[[int], Any]]] = {
    "api/v1/accounts": account,
    "api/v1/activities": MAKERS[advocacy.Activity],
    "api/v1/attribution-models": MAKERS[advocacy.AttributionModel],
    "api/v1/attribution-models/<str:key>/versions": version,
    "api/v1/attribution-runs": MAKERS[advocacy.AttributionRun],
    "api/v1/attributions": attribution,
    "api/v1/champions": MAKERS[advocacy.Champion],
    "api/v1/contacts": contact,
    "api/v1/encounters": MAKERS[advocacy.Encounter],
    "api/v1/import-jobs": import_job,
    "api/v1/opportunities": opportunity,
    "api/v1/webhook-endpoints": endpoint,
    "api/v1/webhook-endpoints/<str:public_id>/deliveries": delivery,
    "api/v1/touches": MAKERS[advocacy.Touch],
}
