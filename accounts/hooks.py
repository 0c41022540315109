"""What upper floors may hang onto this one. A hook runs in the transaction of the change and must not fail it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias

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
