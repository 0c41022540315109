"""Whom a batch of signals is about: the senders' names for accounts and contacts, looked up all at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from accounts.choices import SIGNAL_KINDS, IdentityState, ObjectType, SourceKind
from accounts.models import Account, Contact, CrmSource, ExternalIdentity, MergeEvent
from accounts.sync import values
from clg.errors import FieldError


class Name(Protocol):
    """How a sender names a row; the first that is given counts."""

    @property
    def external_id(self) -> str: ...
    @property
    def public_id(self) -> uuid.UUID | None: ...
    @property
    def pk(self) -> int | None: ...


class Item(Protocol):
    """What names an account, a contact or both."""

    @property
    def account(self) -> Name | None: ...
    @property
    def contact(self) -> Name | None: ...


Key: TypeAlias = tuple[str, str | uuid.UUID | int]
_UNKNOWN = "There is no such row within your sight."


@dataclass(frozen=True)
class Subjects:
    """Accounts and contacts of a batch by the names used for them; a contact with its account."""

    accounts: Mapping[Key, int]
    contacts: Mapping[Key, tuple[int, int | None]]

    def find(self, kind: str, account: Name | None, contact: Name | None) -> tuple[int, int | None] | list[FieldError]:
        """(account key, contact key or None) of an item, or everything wrong with its relations."""
        if contact is not None and kind in SIGNAL_KINDS and SIGNAL_KINDS[kind].about == "account":
            detail = f"{SIGNAL_KINDS[kind].label} is about the company; leave the contact out."
            return [FieldError("contact_not_allowed", detail, "/relations/contact")]
        account_id = self.accounts.get(_key(account)) if account else None
        person = self.contacts.get(_key(contact)) if contact else None
        unknown = [
            FieldError("unknown_relation", _UNKNOWN, f"/relations/{noun}")
            for noun, named, found in (("account", account, account_id), ("contact", contact, person))
            if named is not None and found is None
        ]
        return unknown or _agreed(account_id, person)


def _agreed(account_id: int | None, person: tuple[int, int | None] | None) -> tuple[int, int | None] | list[FieldError]:
    if person is None:
        if account_id is None:
            return [FieldError("required", "Name the account, the contact or both.", "/relations/account")]
        return account_id, None
    contact_id, home = person
    if home is None or account_id not in (None, home):
        detail = "This contact does not belong to this account."
        return [FieldError("contact_account_mismatch", detail, "/relations/contact")]
    return home, contact_id


def subjects_of(items: Iterable[Item], names: CrmSource | None) -> Subjects:
    """Looks up all names of a batch: at most nine queries, more where merges form chains.

    External ids are those of `names`, without it unknown. A row that was merged away is its winner.
    """
    accounts: set[Key] = set()
    contacts: set[Key] = set()
    for item in items:
        if item.account is not None:
            accounts.add(_key(item.account))
        if item.contact is not None:
            contacts.add(_key(item.contact))
    people = _found(Contact.objects.all(), ObjectType.CONTACT, contacts, names)
    homes = dict(Contact.objects.filter(pk__in=people.values()).values_list("pk", "account_id")) if people else {}
    return Subjects(
        accounts=_found(Account.objects.all(), ObjectType.ACCOUNT, accounts, names),
        contacts={key: (pk, homes[pk]) for key, pk in people.items()},
    )


def _key(name: Name) -> Key:
    if name.external_id:
        return "external_id", name.external_id
    return ("public_id", name.public_id) if name.public_id is not None else ("pk", name.pk or 0)


def _found(rows: QuerySet[Any], noun: ObjectType, keys: set[Key], names: CrmSource | None) -> dict[Key, int]:
    found: dict[Key, int] = {}
    for column in ("public_id", "pk"):
        wanted = [value for kind, value in keys if kind == column]
        if wanted:
            pairs = rows.filter(**{f"{column}__in": wanted}).values_list(column, "pk")
            found |= {(column, value): pk for value, pk in pairs}
    external = [str(value) for kind, value in keys if kind == "external_id"]
    if external and names is not None:
        stored = {name: spelled for name in external if (spelled := _as_stored(name, names))}
        known = dict(_by_external_id(noun, sorted(set(stored.values())), names))
        found |= {("external_id", name): known[spelled] for name, spelled in stored.items() if spelled in known}
    heirs = MergeEvent.objects.heirs_of(**{noun.value: found.values()})[noun.value]
    return {key: heirs.get(pk, pk) for key, pk in found.items()}


def _as_stored(external_id: str, names: CrmSource) -> str | None:
    """The id as the sync stores it (15 Salesforce characters become 18); None for what cannot be an id."""
    try:
        return values.external_id(external_id, is_salesforce=names.kind == SourceKind.SALESFORCE)
    except values.BadValue:
        return None


def _by_external_id(noun: ObjectType, external_ids: list[str], names: CrmSource) -> Iterable[tuple[str, int]]:
    """Ids of living rows; a merged id leads to the winner."""
    identities = ExternalIdentity.objects.filter(
        source=names,
        object_type=noun,
        external_id__in=external_ids,
        state__in=[IdentityState.ACTIVE, IdentityState.MERGED],
    )
    target = Coalesce(f"canonical__{noun}_id", f"{noun}_id")
    return identities.annotate(target=target).exclude(target=None).values_list("external_id", "target")
