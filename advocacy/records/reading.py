"""From what a source sent to checked items, or to everything that is wrong with one, by pointer into the item."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

from accounts.models import CrmSource
from accounts.sync.clocks import Clock
from accounts.sync.objects import CONTACT
from accounts.sync.parse import Failure, ItemEnvelope, Parser, unknown_field
from accounts.sync.statements import DELETE
from accounts.sync.values import BadValue
from advocacy.records.forms import WEIGHT_HINT, WEIGHT_HINT_DIGITS, RecordForm
from clg import codes
from clg.errors import FieldError, pointer_to

KEYS: Final = (*ItemEnvelope.__struct_fields__, "fields", "relations")
# A related row by the source's own id of it, or by ours; an id that is none of ours is that of no row.
Named: TypeAlias = str | uuid.UUID


@dataclass(slots=True)
class Told:
    """A checked item: what it sets. None clears; of a relation it is the name as it was told."""

    line: int
    external_id: str
    op: int
    clock: Clock
    trace_id: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    relations: dict[str, Named | None] = field(default_factory=dict)


class RecordReader:
    """Reads items of one kind from one source. `at` is our clock, used for the moments of the future only."""

    def __init__(self, form: RecordForm, source: CrmSource, *, at: datetime) -> None:
        self.form = form
        # Names and clocks are checked as those of any other item of the source.
        self.parser = Parser(CONTACT, source, at=at)

    def read(self, raw: Any, line: int) -> Told | Failure:
        if not isinstance(raw, Mapping):
            return Failure(line, "", [FieldError("invalid_type", "An item is an object.", pointer="")])
        errors: list[FieldError] = []
        head = self.parser.envelope(raw, errors, known=KEYS)
        told = Told(line, *head)
        if head.op != DELETE:
            self._fields(raw.get("fields", {}), told, errors)
            self._relations(raw.get("relations", {}), told, errors)
        if not errors:
            return told
        name, trace = raw.get("external_id"), raw.get("trace_id")
        shown = head.external_id or (name if isinstance(name, str) else "")
        return Failure(line, shown, errors, trace if isinstance(trace, str) else "")

    def _fields(self, fields: Any, told: Told, errors: list[FieldError]) -> None:
        if not isinstance(fields, Mapping):
            errors.append(FieldError("invalid_type", "The fields of an item are an object.", pointer="/fields"))
            return
        for name, sent in fields.items():
            pointer = pointer_to("fields", name)
            if name not in self.form.by_name:
                errors.append(unknown_field(name, pointer))
            elif sent is None:
                self._clear(name, pointer, told.values, errors)
            else:
                told.values[name] = self.parser.told(errors, pointer, lambda n=name, v=sent: self._value(n, v))

    def _value(self, name: str, sent: Any) -> Any:
        found = self.parser.value(self.form.by_name[name], sent)
        return _hint(found) if isinstance(found, Decimal) else found

    def _clear(self, name: str, pointer: str, into: dict[str, Any], errors: list[FieldError]) -> None:
        if name in self.form.required:
            errors.append(FieldError("required", "This cannot be cleared.", pointer))
        into[name] = None

    def _relations(self, relations: Any, told: Told, errors: list[FieldError]) -> None:
        if not isinstance(relations, Mapping):
            errors.append(FieldError("invalid_type", "The relations are an object.", pointer="/relations"))
            return
        for name, sent in relations.items():
            pointer = pointer_to("relations", name)
            if name not in self.form.related:
                errors.append(unknown_field(name, pointer))
            elif sent is None:
                self._clear(name, pointer, told.relations, errors)
            else:
                told.relations[name] = self.parser.told(errors, pointer, lambda n=name, v=sent: self._named(n, v))

    def _named(self, name: str, sent: Any) -> Named:
        if isinstance(sent, Mapping) and len(sent) == 1:
            if isinstance(sent.get("external_id"), str):
                return self.parser.external_id(sent["external_id"])
            if isinstance(sent.get("id"), str):
                return codes.decode(self.form.related[name].prefix, sent["id"]) or uuid.UUID(int=0)
        raise BadValue("invalid_relation", 'A relation is {"external_id": ...}, {"id": ...} or null.')


def _hint(value: Decimal) -> Decimal:
    low, high = WEIGHT_HINT
    if not low <= value <= high or value != round(value, WEIGHT_HINT_DIGITS):
        raise BadValue("out_of_range", f"A weight from {low} to {high} with at most {WEIGHT_HINT_DIGITS} digits.")
    return value
