"""The answer of every predicate `may_<act>(principal, obj)`: allowed, or refused with the sentence a person reads.

Both are usable as a truth value, so `if may_import(user):` reads as it should. `security` section 2.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clg.errors import NotAllowed


@dataclass(frozen=True)
class Allowed:
    """The act may be done."""

    def __bool__(self) -> Literal[True]:
        return True


@dataclass(frozen=True)
class Refused:
    """The act may not be done. `code` is stable, `sentence` is shown as it stands."""

    code: str
    sentence: str

    def __bool__(self) -> Literal[False]:
        return False


Verdict = Allowed | Refused
ALLOWED = Allowed()


def require(verdict: Verdict) -> None:
    """Go on when allowed. Raises `NotAllowed` with the sentence of the refusal."""
    if isinstance(verdict, Refused):
        raise NotAllowed(verdict.sentence, code=verdict.code)
