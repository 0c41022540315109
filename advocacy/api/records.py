"""`POST /api/v1/activities/bulk-upsert` and `/encounters/bulk-upsert`: what a source recorded of its own.

Request and answer are those of every bulk-upsert (`crm-sync` section 3), the fields those of `attribution` section 7.
`delete` withdraws, `restore` undoes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final

from django.utils import timezone

from accounts.api.push_bodies import RELATION, clocked_item, value_schema
from accounts.api.synced import source_of
from accounts.permissions import may_push
from advocacy.actions.telling import RecordResult, tell_records
from advocacy.models import Activity, Encounter
from advocacy.records.forms import ACTIVITY_FORM, ENCOUNTER_FORM, RecordForm
from clg import codes
from clg.api.bodies import Body, JsonSchema, closed, or_null, ref
from clg.api.bulk import Batch, BulkDoor, ItemAnswer, batch_body
from clg.api.doors import Asked

_WEIGHT_HINT: Final[JsonSchema] = {
    "type": ["string", "null"],
    "pattern": r"^(0\.(00[1-9]|0[1-9][0-9]?|[1-9][0-9]{0,2})|[1-9](\.[0-9]{1,3})?|10(\.0{1,3})?)$",
    "description": "Decimal string from 0.001 to 10 that models with `use_hint` multiply by.",
}
_OWN_SCHEMAS: Final[Mapping[str, JsonSchema]] = {"weight_hint": _WEIGHT_HINT}


def _body(form: RecordForm) -> Body:
    name = form.record_type.title()
    relations = {relation.name: _nullable(form, relation.name, ref("RelationInput")) for relation in form.relations}
    components = {
        "RelationInput": RELATION,
        f"{name}Fields": closed(
            {field.name: _field(form, field.name) for field in form.fields},
            words="Absent: not set. Null: cleared. A new record needs its kind and moment.",
        ),
        f"{name}Relations": closed(relations, words="Rows of the source or of ours."),
        f"{name}Item": clocked_item(ref(f"{name}Fields"), ref(f"{name}Relations"), is_named=True),
    }
    return batch_body(name, components)


def _field(form: RecordForm, name: str) -> JsonSchema:
    schema = _OWN_SCHEMAS.get(name) or value_schema(form.by_name[name])
    return _never_null(schema) if name in form.required else schema


def _nullable(form: RecordForm, name: str, schema: JsonSchema) -> JsonSchema:
    return schema if name in form.required else or_null(schema)


def _never_null(schema: JsonSchema) -> JsonSchema:
    plain = {**schema, "type": next(kind for kind in schema["type"] if kind != "null")}
    return plain | ({"enum": [each for each in schema["enum"] if each is not None]} if "enum" in schema else {})


class _PushRecords(BulkDoor):
    """Up to 200 records of one kind at once."""

    form: ClassVar[RecordForm]
    prefix: ClassVar[str]

    def asked(self) -> Asked:
        return Asked(partial(may_push, noun="activities"), "activities:write", "write")

    def merged(self, batch: Batch) -> Sequence[ItemAnswer]:
        results = tell_records(
            source=source_of(self.request.user),
            form=self.form,
            raw_items=batch.items,
            at=timezone.now(),
            all_or_none=batch.all_or_none,
        )
        return [self._answer(result) for result in results]

    def _answer(self, result: RecordResult) -> ItemAnswer:
        is_there = result.public_id is not None
        return ItemAnswer(
            index=result.line,
            outcome=result.outcome,
            external_id=result.external_id,
            trace_id=result.trace_id,
            id=codes.encode(self.prefix, result.public_id) if result.public_id else None,
            version=result.version,
            complete=True if is_there else None,
            applied_fields=result.applied_fields,
            stale_fields=result.stale_fields,
            errors=result.errors,
        )


class PushActivities(_PushRecords):
    form = ACTIVITY_FORM
    prefix = Activity.PUBLIC_PREFIX
    input: ClassVar[Any] = _body(ACTIVITY_FORM)
    operation = "bulkUpsertActivities"


class PushEncounters(_PushRecords):
    form = ENCOUNTER_FORM
    prefix = Encounter.PUBLIC_PREFIX
    input: ClassVar[Any] = _body(ENCOUNTER_FORM)
    operation = "bulkUpsertEncounters"
