"""Creating and ending outside systems and their clients: rights that give rights, so administrators only."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Max

from accounts.choices import SourceKind, SourceOrdering
from accounts.models import ApiClient, CrmSource
from clg.errors import Conflict, FieldError, InvalidInput
from clg.security_log import log_security

LOWEST_RANK: Final = 32_767
# How old the noted use of a client may grow: a write every five minutes, not one a call.
USE_NOTED_EVERY: Final = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class NewClient:
    """A client with its secret, which is shown this once and stored hashed."""

    client: ApiClient
    secret: str


@transaction.atomic
def create_source(
    *,
    slug: str,
    kind: str,
    ordering: str = SourceOrdering.UPDATED_AT,
    name: str = "",
    rank: int | None = None,
    currency: str = "",
    time_zone: str = "UTC",
    by: str,
) -> CrmSource:
    """A new outside system; without `rank` it ranks below all others. Raises `Conflict` for a slug or rank in use."""
    if kind not in SourceKind.values or ordering not in SourceOrdering.values:
        raise InvalidInput("This kind or ordering is not known.", code="invalid_choice")
    if CrmSource.objects.filter(slug=slug).exists():
        raise Conflict(f"There is a source {slug} already.", code="source_exists")
    if rank is None:
        rank = next_rank()
    if not 0 < rank <= LOWEST_RANK or CrmSource.objects.filter(rank=rank).exists():
        raise Conflict(f"The rank {rank} is taken or out of range.", code="rank_taken")
    source = CrmSource(
        slug=slug, name=name or slug, kind=kind, ordering=ordering, rank=rank, currency=currency, time_zone=time_zone
    )
    source.clean_fields()
    source.clean()
    source.save()
    _log("source.created", by, source.name_outside)
    return source


def next_rank() -> int:
    """Below all others."""
    return (CrmSource.objects.aggregate(last=Max("rank"))["last"] or 0) + 1


@transaction.atomic
def create_api_client(
    *,
    source: CrmSource,
    name: str,
    scopes: Iterable[str],
    ip_ranges: Iterable[str] = (),
    expires_at: dt.datetime | None = None,
    batch_status: int = 207,
    by: str,
) -> NewClient:
    """An OAuth client for the client-credentials grant, bound to one source.

    Raises `InvalidInput` for a range of addresses that is none.
    """
    client = ApiClient(
        name=name,
        source=source,
        allowed_scopes=sorted(set(scopes)),
        ip_ranges=checked_ranges(ip_ranges),
        expires_at=expires_at,
        batch_status=batch_status,
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
    )
    # The model hashes the secret when it is saved.
    secret = client.client_secret
    client.save()
    _log("api_client.created", by, f"client:{client.pk}", scopes=client.allowed_scopes, source=source.slug)
    return NewClient(client, secret)


@transaction.atomic
def replace_api_client(*, client: ApiClient, by: str) -> NewClient:
    """A second client of the same source with the same rights and a secret of its own: so secrets are rotated. The
    first goes on until it is disabled."""
    return create_api_client(
        source=client.source,
        name=client.name,
        scopes=client.allowed_scopes,
        ip_ranges=client.ip_ranges,
        expires_at=client.expires_at,
        batch_status=client.batch_status,
        by=by,
    )


def checked_ranges(texts: Iterable[str]) -> list[str]:
    """Ranges of addresses in their plain form. Raises `InvalidInput` naming the first that is none."""
    found = []
    for text in texts:
        try:
            found.append(str(ipaddress.ip_network(text.strip(), strict=False)))
        except ValueError as problem:
            sentence = f"{text.strip()[:50]} is no range of addresses; write 203.0.113.0/24 or 2001:db8::/32."
            error = FieldError("invalid_ip_range", sentence, pointer="/ip_ranges")
            raise InvalidInput(sentence, errors=[error]) from problem
    return found


@transaction.atomic
def disable_api_client(*, client: ApiClient, by: str) -> bool:
    """Block the client's next request; whether it was active until now."""
    changed = bool(ApiClient.objects.filter(pk=client.pk, is_active=True).update(is_active=False))
    if changed:
        _log("api_client.disabled", by, f"client:{client.pk}")
    return changed


def _log(event: str, by: str, about: str, **data: object) -> None:
    log_security(event, actor=by, object_type=event.split(".")[0], object_id=about, data=data)


def note_client_use(*, client: ApiClient, at: dt.datetime) -> None:
    """Keep when the client last called, to five minutes."""
    if client.last_used_at is None or client.last_used_at <= at - USE_NOTED_EVERY:
        ApiClient.objects.filter(pk=client.pk).update(last_used_at=at)
