"""Which class of secrecy a field is in, and which mark of personal data it carries: one registry for every floor.

Each app's `privacy.py` declares every concrete field of its models; doors ask here which fields to hide together.
Classes: `security` section 2.3. Marks: `security` section 10.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

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


_declared: Final[dict[type[Model], Mapping[str, Policy]]] = {}


class UndeclaredField(LookupError):
    """A field that no `privacy.py` speaks of."""


def declare(model: type[Model], *, plain: Iterable[str] = (), **fields: Policy) -> None:
    """Say it of every concrete field of a model; `plain` are open and of no person."""
    _declared[model] = {**dict.fromkeys(plain, Policy()), **fields}


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
