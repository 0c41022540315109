"""Bodies that msgspec or a parser of our own checks, described for the API documents by JSON schemas.

Schemas are written as OpenAPI 3.1 has them; `in_version` turns them into those of 3.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

JsonSchema: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Body:
    """A request body: the name of its component, and every component that it needs, itself included, by name."""

    name: str
    components: Mapping[str, JsonSchema]


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: JsonSchema) -> dict[str, Any]:
    """The schema, or null for "cleared"."""
    if "type" not in schema:
        return {"oneOf": [dict(schema), {"type": "null"}]}
    nulled = {**schema, "type": [schema["type"], "null"]}
    return nulled | {"enum": [*schema["enum"], None]} if "enum" in schema else nulled


def closed(properties: Mapping[str, JsonSchema], *, required: tuple[str, ...] = (), words: str = "") -> dict[str, Any]:
    """An object of exactly these properties."""
    schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    schema |= {"required": list(required)} if required else {}
    return schema | ({"description": words} if words else {})


def in_version(schema: Any, version: str) -> Any:
    """The schema as this version of OpenAPI writes it: 3.0 has `nullable` in place of the type null."""
    return _nullable(schema) if version.startswith("3.0") else schema


def _nullable(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_nullable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _nullable(each) for name, each in schema.items()}
    if isinstance(inner.get("type"), list):
        return {**inner, "type": next(kind for kind in inner["type"] if kind != "null"), "nullable": True}
    if {"type": "null"} in inner.get("oneOf", []):
        others = [each for each in inner.pop("oneOf") if each != {"type": "null"}]
        return {**inner, "allOf": others, "nullable": True}
    return inner
