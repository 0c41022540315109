"""What upper floors may hang onto this one. A hook runs in the transaction of the change and must not fail it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

Wake: TypeAlias = Callable[[], None]
# Keys of contacts -> those of them whose details are under watch.
Watched: TypeAlias = Callable[[Collection[int]], set[int]]

_after_signals: list[Wake] = []
_watched: list[Watched] = []


def register_after_signals(wake: Wake) -> None:
    """Have `wake` called whenever signals were stored; an upper app does this in `ready()`."""
    if wake not in _after_signals:
        _after_signals.append(wake)


def signals_stored() -> None:
    """Told by the store, inside its transaction, when at least one row was written."""
    for wake in _after_signals:
        wake()


def register_watched(watched: Watched) -> None:
    """Name contacts whose details nobody reads unseen; an upper app does this in `ready()`."""
    if watched not in _watched:
        _watched.append(watched)


def watched_contacts(keys: Collection[int]) -> set[int]:
    """Those of the contacts that an upper app has under watch."""
    return set().union(*(watched(keys) for watched in _watched)) if keys else set()


# --- Merges of rows ------------------------------------------------------------------------------------------
# Key of a loser -> key of its winner; what moved, by loser, as JSON keeps it.
Pairs: TypeAlias = Mapping[int, int]
Moved: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class MergeResolver:
    """How rows that point to losers follow them where a plain move would meet a rule.

    `take` moves them and tells what it did, in keys only; `give_back` undoes that for every row that still stands as
    the merge left it, and tells what it had to leave, both in the form of a manifest.
    """

    take: Callable[[Pairs, datetime], Moved]
    give_back: Callable[[Pairs, Moved, datetime], Moved]


# "advocacy.Encounter.buyer_account" -> move, keep or a resolver.
_merge_keys: dict[str, Literal["move", "keep"] | MergeResolver] = {}


def register_merge_keys(model: str, *, move: Iterable[str] = (), keep: Iterable[str] = ()) -> None:
    """Say which keys of a model to accounts, contacts or deals follow a merge, and which stay as they are."""
    _merge_keys.update({f"{model}.{field}": "move" for field in move})
    _merge_keys.update({f"{model}.{field}": "keep" for field in keep})


def register_merge_resolver(model: str, field: str, resolver: MergeResolver) -> None:
    """Have a merge move a key of a model by `resolver`; an upper app does this in `ready()`."""
    _merge_keys[f"{model}.{field}"] = resolver


def merge_way_of(key: str) -> Literal["move", "keep"] | MergeResolver | None:
    """What was declared of a key such as `accounts.Contact.account`; `None`: nothing."""
    return _merge_keys.get(key)
