"""Which class of secrecy a field is in, and which mark of personal data it carries: one registry for every floor.

Each app's `privacy.py` declares every concrete field of its models; doors ask here which fields to hide together.
Classes: `security` section 2.3. Marks: `security` section 10.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.db.models import Model


class FieldClass(StrEnum):
    """Who may see a field beside those who see its row."""

    OPEN = "open"
    IDENTITY = "F1"
    CONTACT_DETAILS = "F2"
    MONEY = "F3"
    WORDS = "F4"
    EVIDENCE = "F5"
    SCORES = "F6"
    SECRET = "F7"  # noqa: S105 - the name of a class, no secret


class Mark(StrEnum):
    """Whether a field speaks of a person: itself, only by an id or hash, or not at all."""

    PERSONAL = "personal"
    PSEUDONYMOUS = "pseudonymous"
    NONE = "none"


@dataclass(frozen=True)
class Policy:
    """What is declared of one field."""

    field_class: FieldClass = FieldClass.OPEN
    mark: Mark = Mark.NONE


class Sight(StrEnum):
    """Whether a role sees a class: of every row, of its own rows, stage by stage of a request, or not at all."""

    YES = "yes"
    OWN = "own"
    STAGED = "staged"
    NO = "no"


# Class by role, as the table of section 2.3 says it; who is not named sees nothing of the class. Of class F1 the row is
# about persons; companies are known to whoever sees theirs.
_SIGHTS: Final[Mapping[FieldClass, Mapping[str, Sight]]] = {
    FieldClass.IDENTITY: {"administrator": Sight.YES, "marketer": Sight.YES, "csm": Sight.OWN, "sales": Sight.STAGED},
    FieldClass.CONTACT_DETAILS: {
        "administrator": Sight.YES,
        "marketer": Sight.YES,
        "csm": Sight.OWN,
        "sales": Sight.STAGED,
    },
    FieldClass.MONEY: {
        **dict.fromkeys(("administrator", "marketer", "leader", "auditor"), Sight.YES),
        **dict.fromkeys(("csm", "sales"), Sight.OWN),
    },
    FieldClass.WORDS: {
        **dict.fromkeys(("administrator", "marketer"), Sight.YES),
        **dict.fromkeys(("csm", "sales"), Sight.OWN),
    },
    FieldClass.EVIDENCE: dict.fromkeys(("marketer", "legal", "auditor"), Sight.YES),
    FieldClass.SCORES: {
        **dict.fromkeys(("administrator", "marketer", "leader", "auditor"), Sight.YES),
        "csm": Sight.OWN,
        "sales": Sight.STAGED,
    },
    FieldClass.SECRET: {},
}
_KNOW_COMPANIES: Final = ("administrator", "marketer", "sales", "csm", "leader", "auditor")

_declared: Final[dict[type[Model], Mapping[str, Policy]]] = {}


class UndeclaredField(LookupError):
    """A field that no `privacy.py` speaks of."""


def declare(model: type[Model], *, plain: Iterable[str] = (), **fields: Policy) -> None:
    """Say it of every concrete field of a model; `plain` are open and of no person."""
    _declared[model] = {**dict.fromkeys(plain, Policy()), **fields}


def sight_of(policy: Policy, role: str) -> Sight:
    """What a role sees of a field in the rows it sees; a column of class open is open."""
    if policy.field_class == FieldClass.OPEN:
        return Sight.YES
    if policy.field_class == FieldClass.IDENTITY and policy.mark == Mark.NONE:
        return Sight.YES if role in _KNOW_COMPANIES else Sight.NO
    return _SIGHTS[policy.field_class].get(role, Sight.NO)


def may_read(reader: Any, model: type[Model], field: str) -> bool:
    """Whether a person reads a field in the rows that they see; no role reads a secret, staged is not yet reached.

    Fields that nobody declared are open: those of the ground floor, which speak of no person.
    """
    policy = _declared.get(model, {}).get(field, Policy())
    if policy.field_class != FieldClass.SECRET and getattr(reader, "is_superuser", False):
        return True
    roles = getattr(reader, "roles", ())
    return policy == Policy() or any(sight_of(policy, role) in (Sight.YES, Sight.OWN) for role in roles)


def policy_of(model: type[Model], field: str) -> Policy:
    """What was declared. Raises `UndeclaredField`."""
    try:
        return _declared[model][field]
    except KeyError:
        raise UndeclaredField(f"{model._meta.label}.{field}") from None


def fields_in(model: type[Model], *classes: FieldClass) -> tuple[str, ...]:
    """The fields of a model in some classes, in the order of the model."""
    names = (field.name for field in model._meta.concrete_fields)
    return tuple(name for name in names if policy_of(model, name).field_class in classes)


def undeclared(model: type[Model]) -> list[str]:
    """Concrete fields that nobody declared, and declared names that the model does not have."""
    own = {field.name for field in model._meta.concrete_fields}
    return sorted(own.symmetric_difference(_declared.get(model, {})))
