"""What a grant allows, as data: checked before it is proposed, hashed with every event. `readiness` 8.1."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from advocacy.choices import Audience, Basis, Identity, PublicationChannel, SignerAuthority
from advocacy.models import Grant
from clg.errors import FieldError

_CAPS: Final = ("cap_count", "cap_minutes", "cap_days")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Lists that are empty mean any; of companies and domains that are never served, none. Keys of rows, not rows."""

    valid_from: dt.date
    identity: str = Identity.FULL
    products: Sequence[int] = ()
    regions: Sequence[str] = ()
    languages: Sequence[str] = ()
    campaigns: Sequence[str] = ()
    never_to_accounts: Sequence[int] = ()
    never_to_domains: Sequence[str] = ()
    audiences: Sequence[str] = ()
    prospects: Sequence[int] = ()
    channels: Sequence[str] = ()
    cap_count: int | None = None
    cap_minutes: int | None = None
    cap_days: int | None = None
    valid_until: dt.date | None = None
    review_on: dt.date | None = None
    ends_at_churn: bool = False
    ends_at_job_change: bool = True
    ends_on_merger: bool = False
    basis: str = Basis.CONSENT
    signer_name: str = ""
    signer_authority: str = ""
    wording_version: str = ""
    wording_sha256: str = ""

    @property
    def has_limits(self) -> bool:
        """Whether anything narrows the use beside its term."""
        lists = (self.products, self.regions, self.languages, self.campaigns, self.never_to_accounts)
        others = (self.never_to_domains, self.audiences, self.prospects, self.channels)
        caps = (self.cap_count, self.cap_minutes)
        return any(lists) or any(others) or any(cap is not None for cap in caps) or self.identity != Identity.FULL

    def columns(self) -> dict[str, Any]:
        """What stands in the row itself; products and parties have rows of their own."""
        apart = {"products", "never_to_accounts", "prospects"}
        columns = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in apart}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in columns.items()}


def errors_of(terms: Terms) -> list[FieldError]:
    """Everything wrong with terms; empty when they may be proposed."""
    return list(_errors(terms))


def _errors(terms: Terms) -> Iterator[FieldError]:
    if terms.valid_until is not None and terms.valid_until < terms.valid_from:
        yield FieldError("out_of_range", "A grant ends on or after the day it begins.", "/valid_until")
    words = {
        "identity": ([terms.identity], Identity.values),
        "audiences": (terms.audiences, Audience.values),
        "channels": (terms.channels, PublicationChannel.values),
        "basis": ([terms.basis], Basis.values),
        "signer_authority": ([terms.signer_authority], ["", *SignerAuthority.values]),
    }
    for name, (given, known) in words.items():
        if not set(given) <= set(known):
            yield FieldError("unknown_value", f"Choose from {', '.join(filter(None, known))}.", f"/{name}")
    for name in _CAPS:
        cap = getattr(terms, name)
        if cap is not None and cap < 1:
            yield FieldError("out_of_range", "A limit is at least 1.", f"/{name}")


def fingerprint(grant: Grant) -> str:
    """SHA-256 of what a grant says, state included: the hash that each event keeps."""
    said = {
        field.name: getattr(grant, field.attname)
        for field in grant._meta.concrete_fields
        if field.name not in ("id", "created_at")
    }
    said["products"] = sorted(grant.products.values_list("pk", flat=True))
    said["parties"] = sorted(grant.parties.values_list("role", "account"))
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()
