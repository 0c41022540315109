"""Rows that may be one: live accounts with one domain, live contacts with one address. `crm-sync` section 14.

Domains of free mail are nobody's. What one of our people told apart is not asked again (`ToldApart`), until a further
row has the same value.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Lower

from accounts.models import ExternalIdentity, ToldApart
from accounts.sync.objects import ACCOUNT, CONTACT, SyncObject

_GROUPS: Final = (Path(__file__).parent / "duplicate_groups.sql").read_text()
# What makes rows of a kind look like one: a column, its form in the index, the index.
_ALIKE: Final[Mapping[SyncObject, Mapping[str, str]]] = {
    ACCOUNT: {"column": "o.domain", "value": "o.domain", "index": "accounts_account_domain"},
    CONTACT: {"column": "o.email", "value": "lower(o.email)", "index": "accounts_contact_email"},
}
KINDS: Final[Mapping[str, SyncObject]] = {of.noun: of for of in _ALIKE}


@dataclass(frozen=True)
class Group:
    """Rows that share `value`, a domain or an address; `keys` from the oldest on."""

    of: SyncObject
    value: str
    keys: Sequence[int]


def groups(of: SyncObject, *, limit: int, after: str = "", is_apart: bool = False) -> list[Group]:
    """At most `limit` groups whose value comes after one, by value; those told apart only when asked for."""
    text = _GROUPS.format(table=of.model._meta.db_table, noun=of.noun, **_ALIKE[of])
    common = sorted(settings.FREE_MAIL_DOMAINS) if of is ACCOUNT else []
    with connection.cursor() as cursor:
        cursor.execute(text, {"after": after, "common": common, "is_apart": is_apart, "limit": limit})
        return [Group(of, value, keys) for value, keys in cursor.fetchall()]


def value_of(of: SyncObject, key: int) -> str:
    """What a row may share with others, as groups are ordered by; empty for an unknown one."""
    column = Lower("email") if of is CONTACT else F("domain")
    return of.model._default_manager.filter(pk=key).values_list(column, flat=True).first() or ""


def rows_like(of: SyncObject, row: Any) -> QuerySet[Any]:
    """The live rows with the value of a row, itself among them while it is live, oldest first; none without a value."""
    rows = of.model._default_manager.filter(deleted_at=None).order_by("pk")
    if of is CONTACT:
        # The word of the database for a lower case, as in its index.
        return rows.exclude(email="").alias(address=Lower("email")).filter(address=Lower(Value(row.email)))
    return rows.filter(domain=row.domain).exclude(domain__in=["", *settings.FREE_MAIL_DOMAINS])


def words_about(of: SyncObject, keys: Collection[int]) -> QuerySet[ToldApart]:
    """What was said of rows as a whole: that they are not the same."""
    return ToldApart.objects.filter(object_type=of.object_type, keys__contains=sorted(keys))


def names_of(of: SyncObject, keys: Sequence[int]) -> dict[int, list[str]]:
    """What sources call each of some rows, `CRM: 001A`; rows without a name are left out."""
    named = ExternalIdentity.objects.filter(**{f"{of.noun}__in": keys}).select_related("source").order_by("id")
    found: dict[int, list[str]] = {}
    for one in named:
        found.setdefault(getattr(one, f"{of.noun}_id"), []).append(f"{one.source.name}: {one.external_id}")
    return found
