"""What upper floors may hang onto this one. A hook runs in the transaction of the change and must not fail it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Wake: TypeAlias = Callable[[], None]

_after_signals: list[Wake] = []


def register_after_signals(wake: Wake) -> None:
    """Have `wake` called whenever signals were stored; an upper app does this in `ready()`."""
    if wake not in _after_signals:
        _after_signals.append(wake)


def signals_stored() -> None:
    """Told by the store, inside its transaction, when at least one row was written."""
    for wake in _after_signals:
        wake()
