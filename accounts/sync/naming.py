"""Rows that records of upper floors name by a source's own ids: known ones, and incomplete ones for the unknown.

As in the merge itself (`engine.py`) the record may come before the row it names, which is filled when its source tells
of it. `crm-sync` section 3, rule 4.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models.functions import Coalesce

from accounts.models import CrmSource, ExternalIdentity
from accounts.sync.objects import SyncObject
from accounts.sync.statements import naming_statement
from clg.events.origin import current_origin

_STEPS: Final = ("reserve_related", "raise_tombstones", "placeholders")


def rows_named(*, source: CrmSource, of: SyncObject, names: Collection[str]) -> dict[str, int]:
    """Keys of rows by a source's ids in their stored form; of merged ones the winner's. Unknown names are missing."""
    identities = ExternalIdentity.objects.filter(source=source, object_type=of.object_type, external_id__in=names)
    row = Coalesce(f"canonical__{of.noun}", of.noun)
    return dict(identities.annotate(row=row).exclude(row=None).values_list("external_id", "row"))


def place_named(*, source: CrmSource, of: SyncObject, names: Collection[str], at: datetime) -> dict[str, int]:
    """The same, with an incomplete row for each unknown name; missing is only what a person had erased.

    Call inside a transaction that holds merges off. Four statements, or one where all are known.
    """
    found = rows_named(source=source, of=of, names=names)
    unknown = sorted(set(names) - found.keys())
    if not unknown:
        return found
    origin = current_origin()
    values: dict[str, Any] = {
        "source": source.pk,
        "names": unknown,
        "at": at,
        "origin_kind": origin.kind,
        "origin_source": origin.source or source.slug,
        "origin_actor": origin.actor,
    }
    with connection.cursor() as cursor:
        for step in _STEPS:
            cursor.execute(naming_statement(of, step), values)
    return found | rows_named(source=source, of=of, names=unknown)
