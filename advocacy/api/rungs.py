"""The match ladder in queries: rungs are named, the tables keep numbers."""

from __future__ import annotations

from advocacy.choices import Rung
from clg.api.filters import Call
from clg.api.parameters import Form, some_of

RUNG_NAMES = [str(rung.label) for rung in Rung]
_NUMBERS = {str(rung.label): rung.value for rung in Rung}
_NAMES = some_of(RUNG_NAMES)


def rungs(method: str, column: str) -> Call:
    """Filter by one or more rungs."""
    return Call(
        method,
        column,
        form=Form(lambda text: [_NUMBERS[name] for name in _NAMES.read(text)], _NAMES.schema),
        description="Rungs of the match ladder, strongest first, by comma.",
    )
