"""A source's own names for rows of several tables, looked up at once for a page of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from django.db.models import Q

from accounts.choices import IdentityState
from accounts.models import CrmSource, ExternalIdentity

# (object type, primary key) -> the source's id
ExternalNames: TypeAlias = Mapping[tuple[str, int], str]


def names_in(source: CrmSource | None, **keys: Iterable[int | None]) -> ExternalNames:
    """The source's ids of `account=`, `contact=` and `opportunity=` rows; of several the oldest. One query, or none.

    A person has no source, hence no names.
    """
    wanted = {kind: {key for key in found if key is not None} for kind, found in keys.items()}
    wanted = {kind: found for kind, found in wanted.items() if found}
    if source is None or not wanted:
        return {}
    rows = _identities(source, wanted).order_by("-id").values_list("object_type", *wanted, "external_id")
    return {(row[0], next(key for key in row[1:-1] if key is not None)): row[-1] for row in rows}


def _identities(source: CrmSource, wanted: Mapping[str, set[int]]) -> Any:
    any_of = Q()
    for kind, keys in wanted.items():
        any_of |= Q(**{f"{kind}__in": keys})
    return ExternalIdentity.objects.filter(any_of, source=source, state=IdentityState.ACTIVE)
