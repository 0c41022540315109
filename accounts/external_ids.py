"""A source's own names for rows of several tables, looked up at once for a page of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from django.db import connection

from accounts.models import CrmSource

# (object type, primary key) -> the source's id
ExternalNames: TypeAlias = Mapping[tuple[str, int], str]
_NAMES: Final = (Path(__file__).parent / "names_of_rows.sql").read_text()
_NO_KEYS: Final[Mapping[str, list[int]]] = {"account": [], "contact": [], "opportunity": []}


def names_in(source: CrmSource | None, **keys: Iterable[int | None]) -> ExternalNames:
    """The source's ids of `account=`, `contact=` and `opportunity=` rows; of several the oldest. One query, or none.

    A person has no source, hence no names.
    """
    wanted = {kind: [key for key in set(found) if key is not None] for kind, found in keys.items()}
    if source is None or not any(wanted.values()):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {**_NO_KEYS, **wanted, "source": source.pk})
        return {(kind, key): name for kind, key, name in cursor.fetchall()}
