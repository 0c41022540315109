"""Who stands behind the owners of webhook endpoints: a client with the scopes it has now, or one of our people."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from accounts.models import ApiClient, User
from accounts.notifications import tell_of_disabled_endpoint
from accounts.permissions import may_manage_webhooks
from accounts.principals import ApiPrincipal
from clg.choices import EndpointState
from clg.events.consumers import register_consumer
from clg.events.owners import register_owners
from clg.models import OutboxEvent, WebhookEndpoint


def register_all() -> None:
    """Called in `ready()`."""
    register_owners("client", client_behind)
    register_owners("user", person_behind)
    register_consumer("accounts.tell_of_disabled_endpoints", tell_of_disabled)


def tell_of_disabled(events: Sequence[OutboxEvent]) -> None:
    """Consumer: a mail for each endpoint that was switched off, unless it is on again."""
    gone = [event.object_id for event in events if event.type == "webhook_endpoint.disabled"]
    for endpoint in WebhookEndpoint.objects.filter(public_id__in=gone, state=EndpointState.DISABLED) if gone else ():
        tell_of_disabled_endpoint(endpoint)


def client_behind(key: str) -> ApiPrincipal | None:
    client = ApiClient.objects.select_related("source").filter(pk=int(key)).first()
    if client is None or not client.is_live(at=timezone.now()):
        return None
    return ApiPrincipal(client=client, source=client.source, scopes=frozenset(client.allowed_scopes))


def person_behind(key: str) -> User | None:
    """Administrators, as long as they are."""
    person = User.objects.filter(pk=int(key), is_active=True).first()
    return person if person is not None and may_manage_webhooks(person) else None
