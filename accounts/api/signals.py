"""`POST /api/v1/signals/bulk-upsert`: observed facts of a source, up to 200 at once. `readiness` 12, `crm-sync` 3.

A fact is told once by its external id; other content under a known id corrects it, when its clock is newer. Without a
clock the moment of storing counts.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Final, Literal

import msgspec
from django.utils import timezone
from msgspec import UNSET, Meta, UnsetType

from accounts.actions.signal import Named, SignalItem, SignalResult, store_signals
from accounts.api.push_bodies import MOMENT, RELATION, clocked_item
from accounts.api.synced import source_of
from accounts.choices import SIGNAL_KINDS, SourceOrdering
from accounts.models import CrmSource
from accounts.permissions import may_push
from accounts.sync.clocks import Clock, clock_of_moment, clock_of_version
from accounts.sync.parse import RelationByName
from accounts.sync.values import BadValue
from clg import codes
from clg.api.bodies import closed, or_null, ref
from clg.api.bulk import Batch, BulkDoor, ItemAnswer, batch_body
from clg.api.doors import Asked
from clg.errors import FieldError, pointer_to

# How msgspec says where: "... - at `$.fields.kind`"; of an unknown or missing field it names the object round it.
_WHERE: Final = re.compile(r"`\$(\.[^`]*)`")
_FIELD: Final = re.compile(r"Object (?P<how>contains unknown|missing required) field `(?P<name>[^`]*)`")
_CODES: Final = {"contains unknown": "unknown_field", "missing required": "required"}
_MOMENT: Final = Annotated[dt.datetime, Meta(tz=True)]
_PREFIXES: Final = {"account": "acc", "contact": "con"}


class SignalFields(msgspec.Struct, forbid_unknown_fields=True):
    """What was observed; its values are judged by the registry of kinds."""

    kind: str
    raw: Any
    observed_at: Any


class SignalRelations(msgspec.Struct, forbid_unknown_fields=True):
    """Whom it is about."""

    account: RelationByName | None = None
    contact: RelationByName | None = None


class SignalEnvelope(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One item of the call."""

    external_id: Annotated[str, Meta(min_length=1)]
    op: Literal["upsert"] = "upsert"
    source_updated_at: Any = UNSET
    source_version: str | UnsetType = UNSET
    trace_id: Annotated[str, Meta(max_length=255)] = ""
    fields: SignalFields
    relations: SignalRelations = msgspec.field(default_factory=SignalRelations)


def read_signal(raw: Any, source: CrmSource) -> SignalItem | FieldError:
    """The observation of an item, or the first thing that is wrong with its form."""
    try:
        item = msgspec.convert(raw, SignalEnvelope)
    except msgspec.ValidationError as error:
        return _error_of(str(error))
    clocks = {"/source_updated_at": partial(_moment_clock, item), "/source_version": partial(_version_clock, item)}
    found: dict[str, Clock | None] = {}
    for pointer, read in clocks.items():
        try:
            found[pointer] = read()
        except BadValue as bad:
            return FieldError(bad.code, bad.detail, pointer)
    by_version = source.ordering == SourceOrdering.VERSION
    return SignalItem(
        kind=item.fields.kind,
        raw=item.fields.raw,
        observed_at=item.fields.observed_at,
        account=_named("account", item.relations.account),
        contact=_named("contact", item.relations.contact),
        external_id=item.external_id,
        clock=found["/source_version" if by_version else "/source_updated_at"],
    )


def _moment_clock(item: SignalEnvelope) -> Clock | None:
    if item.source_updated_at is UNSET:
        return None
    try:
        return clock_of_moment(msgspec.convert(item.source_updated_at, _MOMENT), at=timezone.now())
    except msgspec.ValidationError:
        raise BadValue("invalid_datetime", "Enter a moment with its offset (RFC 3339).") from None


def _version_clock(item: SignalEnvelope) -> Clock | None:
    return clock_of_version(item.source_version) if isinstance(item.source_version, str) else None


def _named(noun: str, sent: RelationByName | None) -> Named | None:
    """The row as it was named; an id that is none of ours is that of no row."""
    if sent is None:
        return None
    if isinstance(sent.external_id, str):
        return Named(external_id=sent.external_id)
    known = codes.decode(_PREFIXES[noun], sent.id) if isinstance(sent.id, str) else None
    return Named(public_id=known or uuid.UUID(int=0))


def _error_of(message: str) -> FieldError:
    """msgspec's sentence as an error with its pointer; the value itself is never repeated."""
    found = _WHERE.search(message)
    path = found[1].strip(".").split(".") if found else []
    field = _FIELD.match(message)
    if field is not None:
        return FieldError(_CODES[field["how"]], "See the form of an item.", pointer_to(*path, field["name"]))
    return FieldError("invalid_type", "This value does not have the form that is documented.", pointer_to(*path))


_NUMBER: Final = {"anyOf": [{"type": "number"}, {"type": "string", "maxLength": 40}]}
_ITEM: Final = clocked_item(ref("SignalFields"), ref("SignalRelations"), is_named=True, ops=("upsert",))
_COMPONENTS: Final = {
    "RelationInput": RELATION,
    "SignalFields": closed(
        {
            "kind": {"type": "string", "enum": [kind.code for kind in SIGNAL_KINDS.values() if not kind.derived]},
            "raw": _NUMBER,
            "observed_at": MOMENT,
        },
        required=("kind", "raw", "observed_at"),
        words="What was observed.",
    ),
    "SignalRelations": closed(
        {"account": or_null(ref("RelationInput")), "contact": or_null(ref("RelationInput"))},
        words="The account, the contact or both.",
    ),
    "SignalItem": {**_ITEM, "required": ["external_id", "fields"]},
}


class PushSignals(BulkDoor):
    """Up to 200 observations at once."""

    input = batch_body("Signal", _COMPONENTS)
    operation = "bulkUpsertSignals"

    def asked(self) -> Asked:
        return Asked(partial(may_push, noun="signals"), "signals:write", "write")

    def merged(self, batch: Batch) -> Sequence[ItemAnswer]:
        source = source_of(self.request.user)
        read = [read_signal(raw, source) for raw in batch.items]
        places = [place for place, item in enumerate(read) if isinstance(item, SignalItem)]
        items = [item for item in read if isinstance(item, SignalItem)]
        malformed = {place: item for place, item in enumerate(read) if isinstance(item, FieldError)}
        if malformed and batch.all_or_none:
            results = [SignalResult(place, "rolled_back") for place in range(len(items))]
        else:
            results = store_signals(
                items, source=f"crm:{source.slug}", names=source, at=timezone.now(), all_or_none=batch.all_or_none
            )
        answers = {places[result.index]: _answer(places[result.index], batch, result) for result in results}
        for place, error in malformed.items():
            answers[place] = _answer(place, batch, SignalResult(place, "failed", errors=(error,)))
        return [answers[place] for place in range(len(read))]


def _answer(place: int, batch: Batch, result: SignalResult) -> ItemAnswer:
    sent = batch.items[place] if isinstance(batch.items[place], dict) else {}
    named, trace = sent.get("external_id"), sent.get("trace_id")
    return ItemAnswer(
        index=place,
        outcome=result.outcome,
        external_id=named if isinstance(named, str) else "",
        trace_id=trace if isinstance(trace, str) else "",
        errors=result.errors,
    )
