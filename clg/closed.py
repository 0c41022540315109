"""What stands in the database closed with FIELD_KEYS: the register of those columns, their rotation, and I17.

An app names its columns in `ready()`. Rotation opens what an older key closed and closes it with the newest; a value
that the newest key opens stays, so a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import Model, Q, QuerySet

from clg import crypto
from clg.invariants import SAMPLE_SIZE, Depth, Finding, Invariant, register

# Every Fernet token begins so: its version byte and the zeros of a 64-bit clock.
_PREFIX: Final = "gAAAAA"
ROWS_AT_ONCE: Final = 500


@dataclass(frozen=True)
class ClosedColumn:
    """A binary column, or the values under some keys of a JSON column."""

    model: type[Model]
    name: str
    keys: Sequence[str] = ()

    def rows(self) -> QuerySet[Any]:
        """Those that hold a secret here."""
        found: QuerySet[Any] = self.model._default_manager.filter(**{f"{self.name}__isnull": False})
        return found.filter(self._any("has_key", self.keys)) if self.keys else found

    def in_clear(self) -> list[str]:
        """Names of rows whose value is not closed."""
        if not self.keys:
            beginning = _PREFIX.encode()
            found = [row.pk for row in self.rows() if not bytes(getattr(row, self.name)).startswith(beginning)]
        else:
            present = [Q(**{f"{self.name}__has_key": key}) for key in self.keys]
            shut = [Q(**{f"{self.name}__{key}__startswith": _PREFIX}) for key in self.keys]
            wrong = Q(*(has & ~closed for has, closed in zip(present, shut, strict=True)), _connector=Q.OR)
            found = list(self.rows().filter(wrong).values_list("pk", flat=True))
        return [f"{self.model._meta.label}:{key}" for key in found]

    def _any(self, lookup: str, values: Iterable[str]) -> Q:
        return Q(*((f"{self.name}__{lookup}", value) for value in values), _connector=Q.OR)

    def turned(self, value: Any) -> Any:
        """The value closed with the newest key; the same object when it is so already."""
        if not self.keys:
            return _turn(bytes(value))
        moved = {key: _turn(value[key].encode()).decode() for key in self.keys if key in value}
        return {**value, **moved}


_columns: list[ClosedColumn] = []


def register_closed(column: ClosedColumn) -> None:
    _columns.append(column)


def register_invariants() -> None:
    register(Invariant("I17", "encrypted columns hold nothing in clear", _look))


def _look(depth: Depth) -> Finding:
    clear = [name for column in _columns for name in column.in_clear()]
    return Finding(sum(column.rows().count() for column in _columns), len(clear), clear[:SAMPLE_SIZE])


def rotate_all() -> dict[str, int]:
    """Close everything with the newest key: column -> rows that changed. Raises `InvalidToken` for a lost key."""
    return {f"{column.model._meta.label}.{column.name}": _rotate(column) for column in _columns}


def _rotate(column: ClosedColumn) -> int:
    changed, last = 0, 0
    while keys := list(column.rows().filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:ROWS_AT_ONCE]):
        changed += _rotate_rows(column, keys)
        last = keys[-1]
    return changed


@transaction.atomic
def _rotate_rows(column: ClosedColumn, keys: Sequence[int]) -> int:
    changed = 0
    for row in column.rows().filter(pk__in=keys).select_for_update():
        value = getattr(row, column.name)
        value = bytes(value) if not column.keys else value
        turned = column.turned(value)
        if turned != value:
            setattr(row, column.name, turned)
            row.save(update_fields=[column.name])
            changed += 1
    return changed


def _turn(closed: bytes) -> bytes:
    try:
        crypto.decrypt_with_newest(closed)
    except InvalidToken:
        return crypto.rotate(closed)
    return closed
