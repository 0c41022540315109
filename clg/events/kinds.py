"""What the change feed tells, and whom. Each floor declares its kinds of events, and the rows they may refer to.

A type is `<kind>.<what happened>`: `account.merged`. Floors call `register_kind` and `register_ref` in `ready()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Kind:
    """Events whose types begin alike: what happens to them, who reads them, the prefixes of their objects' ids.

    Those of a private kind are for the source they come from alone, and it hears of them though they are its own.
    """

    name: str
    happenings: tuple[str, ...]
    may: Callable[[Any], object]
    objects: Mapping[str, str]
    is_private: bool = False

    @property
    def types(self) -> list[str]:
        return [f"{self.name}.{happening}" for happening in self.happenings]


@dataclass(frozen=True)
class Ref:
    """A row that an event concerns: its name in `refs`, the prefix of its id, who may be told of it.

    `external_ids` is an SQL query over `wanted` (kind, object_id as uuid): for rows of this name the columns object_id
    and external_ids, a JSON array of the names that the source `%(source_id)s` has for the row.
    """

    name: str
    prefix: str
    may: Callable[[Any], object]
    external_ids: str


_kinds: Final[dict[str, Kind]] = {}
_refs: Final[dict[str, Ref]] = {}


def register_kind(kind: Kind) -> None:
    _kinds[kind.name] = kind


def register_ref(ref: Ref) -> None:
    _refs[ref.name] = ref


def kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda kind: kind.name)


def refs() -> list[Ref]:
    return sorted(_refs.values(), key=lambda ref: ref.name)


def type_names() -> list[str]:
    """Everything that may be asked for: whole kinds by their name, and single types."""
    return sorted({name for kind in _kinds.values() for name in (kind.name, *kind.types)})


def spelled_out(names: Iterable[str]) -> set[str]:
    """Full types for names of kinds and of types."""
    return {full for name in names for full in (_kinds[name].types if name in _kinds else [name])}
