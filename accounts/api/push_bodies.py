"""What sources may send, as JSON schemas for the API documents: made from the same constants that check it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from accounts.sync.objects import (
    AMOUNT_DIGITS_AFTER_POINT,
    AMOUNT_DIGITS_BEFORE_POINT,
    ROLE_LIMIT,
    ROLES_MOST,
    Field,
    SyncObject,
)
from accounts.sync.parse import MERGED_INTO, OPS
from clg.api.bodies import Body, JsonSchema, closed, or_null, ref
from clg.api.bulk import batch_body

_NO_CONTROLS: Final = r"\x00-\x1f\x7f-\x9f"
EXTERNAL_ID: Final[JsonSchema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": rf"^[^\s{_NO_CONTROLS}]([^{_NO_CONTROLS}]*[^\s{_NO_CONTROLS}])?$",
    "description": "The source's own id, byte by byte.",
}
MERGED_INTO_MEANS: Final = "Of a delete: the source's id of the row that it was merged into. Then it is a merge."
MOMENT: Final[JsonSchema] = {"type": "string", "format": "date-time"}
VERSION: Final[JsonSchema] = {"type": "string", "pattern": r"^[0-9]{1,18}(\.[0-9]{1,18})?$"}
_OF_KIND: Final[dict[str, JsonSchema]] = {
    "url": {"pattern": r"^(https?://[a-z0-9]+(\.[a-z0-9]+)*(/[!-~]*)?)?$"},
    "domain": {"pattern": r"^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+)?$"},
    "email": {"pattern": r'^([^\s@"(),:;<>\[\\\]]{1,64}@[^\s@]+\.[^\s@.]+)?$'},
    "country": {"pattern": "^([A-Z]{2})?$", "description": "ISO 3166-1 alpha-2"},
    "language": {"pattern": "^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$", "description": "BCP 47"},
    "currency": {"pattern": "^([A-Z]{3})?$", "description": "ISO 4217"},
    "decimal": {
        "pattern": rf"^-?[0-9]{{1,{AMOUNT_DIGITS_BEFORE_POINT}}}(\.[0-9]{{1,{AMOUNT_DIGITS_AFTER_POINT}}})?$",
        "description": "Decimal string.",
    },
    "day": {"format": "date"},
    "moment": {"format": "date-time"},
}
RELATION: Final = closed(
    {"external_id": EXTERNAL_ID, "id": {"type": "string", "description": "Our id of it."}},
    words="A row by the source's own id or by ours: one of the two.",
)
_ROLE: Final = closed(
    {
        "external_id": EXTERNAL_ID,
        "role": {"type": "string", "maxLength": ROLE_LIMIT},
        "is_primary": {"type": "boolean", "default": False},
    },
    required=("external_id",),
    words="A person on the deal.",
)


def one_body(of: SyncObject) -> Body:
    """The body of a single upsert; the address names the row."""
    name = f"{_name(of)}Push"
    return Body(name, {**_components(of), name: _item(of, is_named=False)})


def many_body(of: SyncObject) -> Body:
    name = _name(of)
    return batch_body(name, {**_components(of), f"{name}Item": _item(of, is_named=True)})


def clocked_item(
    fields: JsonSchema, relations: JsonSchema, *, is_named: bool, ops: Sequence[str] = tuple(OPS)
) -> dict[str, Any]:
    """What every item has round its fields and relations."""
    named = {"external_id": EXTERNAL_ID} if is_named else {}
    return closed(
        {
            **named,
            "op": {"type": "string", "enum": list(ops), "default": "upsert"},
            "source_updated_at": {**MOMENT, "description": "The clock of a source that orders by moments."},
            "source_version": {**VERSION, "description": "The clock of a source that orders by versions."},
            "trace_id": {
                "type": "string",
                "maxLength": 255,
                "description": "Comes back with the result and in events.",
            },
            "fields": fields,
            "relations": relations,
        },
        required=tuple(named),
    )


def _item(of: SyncObject, *, is_named: bool) -> dict[str, Any]:
    item = clocked_item(ref(f"{_name(of)}Fields"), ref(f"{_name(of)}Relations"), is_named=is_named)
    item["properties"][MERGED_INTO] = or_null({**EXTERNAL_ID, "description": MERGED_INTO_MEANS})
    return item


def _components(of: SyncObject) -> dict[str, JsonSchema]:
    name = _name(of)
    relations: dict[str, JsonSchema] = {relation.name: or_null(ref("RelationInput")) for relation in of.relations}
    roles = {}
    if of.roles_place:
        many = {"type": "array", "items": ref("DealContactInput"), "maxItems": ROLES_MOST}
        relations["contacts"] = or_null({**many, "description": "Replaces the set."})
        roles = {"DealContactInput": _ROLE}
    return {
        "RelationInput": RELATION,
        **roles,
        f"{name}Fields": closed(
            {field.name: value_schema(field) for field in of.fields}, words="Absent: not set. Null: cleared."
        ),
        f"{name}Relations": closed(relations, words="Rows that may come later."),
    }


def value_schema(field: Field) -> dict[str, Any]:
    if field.kind == "integer":
        return or_null({"type": "integer", "minimum": 0, "maximum": field.limit})
    if field.kind == "choice":
        return or_null({"type": "string", "enum": list(field.choices)})
    if field.day_means_end:
        return or_null({"type": "string", "description": "A moment, or a day, which means its last microsecond."})
    longest = {"maxLength": field.limit} if field.limit else {}
    return or_null({"type": "string", **longest, **_OF_KIND.get(field.kind, {})})


def _name(of: SyncObject) -> str:
    return of.noun.title()
