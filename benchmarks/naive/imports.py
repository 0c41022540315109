"""The same rows by `bulk_create`: objects, identities and events in batches, history by its trigger."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from accounts.models import Contact, CrmSource, ExternalIdentity
from clg.models import OutboxEvent

FIELDS = (
    "first_name",
    "last_name",
    "email",
    "title",
    "seniority",
    "persona",
    "phone",
    "country",
    "language",
    "left_on",
)


def import_by_bulk_create(
    source: CrmSource, items: Sequence[Mapping[str, Any]], batch: int, *, is_update: bool = False
) -> None:
    """Write all items, whether anything differs or not; identities are there already when `is_update`."""
    names = ExternalIdentity.objects.filter(source=source, object_type="account")
    accounts = dict(names.values_list("external_id", "account_id"))
    for start in range(0, len(items), batch):
        with transaction.atomic():
            _write(source, items[start : start + batch], accounts, is_update)


def _write(
    source: CrmSource, items: Sequence[Mapping[str, Any]], accounts: Mapping[str, int | None], is_update: bool
) -> None:
    contacts = [
        Contact(
            public_id=uuid.uuid5(uuid.NAMESPACE_URL, item["external_id"]),
            account_id=accounts[item["relations"]["account"]["external_id"]],
            **{field: item["fields"][field] for field in FIELDS},
        )
        for item in items
    ]
    Contact.objects.bulk_create(
        contacts, update_conflicts=True, unique_fields=["public_id"], update_fields=[*FIELDS, "account"]
    )
    if not is_update:
        ExternalIdentity.objects.bulk_create(
            ExternalIdentity(
                source=source,
                object_type="contact",
                external_id=item["external_id"],
                contact=contact,
                clock=[int(item["source_updated_at"].timestamp() * 1e6), 0],
                field_clocks=[int(item["source_updated_at"].timestamp() * 1e6), 0] * 13,
            )
            for item, contact in zip(items, contacts, strict=True)
        )
    OutboxEvent.objects.bulk_create(
        OutboxEvent(type="contact.created", object_type="contact", object_id=contact.public_id) for contact in contacts
    )
