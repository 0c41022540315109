"""Who stands behind the owners of webhook endpoints: a client with the scopes it has now, or one of our people."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import ApiClient, User
from accounts.permissions import may_manage_webhooks
from accounts.principals import ApiPrincipal
from clg.events.owners import register_owners


def register_all() -> None:
    """Called in `ready()`."""
    register_owners("client", client_behind)
    register_owners("user", person_behind)


def client_behind(key: str) -> ApiPrincipal | None:
    client = ApiClient.objects.select_related("source").filter(pk=int(key)).first()
    if client is None or not client.is_live(at=timezone.now()):
        return None
    return ApiPrincipal(client=client, source=client.source, scopes=frozenset(client.allowed_scopes))


def person_behind(key: str) -> User | None:
    """Administrators, as long as they are."""
    person = User.objects.filter(pk=int(key), is_active=True).first()
    return person if person is not None and may_manage_webhooks(person) else None
