"""Bodies described for the API documents by JSON schemas, which also check those that nothing faster checks.

Schemas are written as OpenAPI 3.1 has them; `in_version` turns them into those of 3.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from jsonschema import Draft202012Validator, FormatChecker, ValidationError  # type: ignore[import-untyped]

from clg.api import parameters
from clg.errors import FieldError, InvalidInput, pointer_to

JsonSchema: TypeAlias = Mapping[str, Any]
JSON: Final = "application/json"
_FORMATS: Final = FormatChecker(formats=())
# By the word of JSON schema that refuses a value; every other one is `invalid_value`.
_CODES: Final[Mapping[str, str]] = {
    "type": "invalid_type",
    "enum": "invalid_choice",
    "minItems": "too_few_items",
    "maxItems": "too_many_items",
}


@dataclass(frozen=True)
class Body:
    """A body: the name of its component, every component that it needs, itself included, and the media it comes in."""

    name: str
    components: Mapping[str, JsonSchema]
    media: tuple[str, ...] = (JSON,)

    @cached_property
    def validator(self) -> Draft202012Validator:
        whole = {**ref(self.name), "components": {"schemas": self.components}}
        return Draft202012Validator(whole, format_checker=_FORMATS)


def checked(value: Any, body: Body) -> Any:
    """The value, if the schema of the body admits it. Raises `InvalidInput` with a pointer to all that is wrong."""
    errors = errors_in(value, body)
    if errors:
        raise InvalidInput(f"{len(errors)} values are invalid." if errors[1:] else "1 value is invalid.", errors=errors)
    return value


def errors_in(value: Any, body: Body) -> list[FieldError]:
    """What the schema of a body does not admit, in the order of the schema."""
    found = (error for problem in body.validator.iter_errors(value) for error in _errors_of(problem))
    return list(dict.fromkeys(found))


def _errors_of(problem: ValidationError) -> Iterator[FieldError]:
    pointer, instance, wanted = pointer_to(*problem.absolute_path), problem.instance, problem.validator_value
    if problem.validator == "required":
        for name in wanted:
            if name not in instance:
                yield FieldError("required", "This is needed.", pointer + pointer_to(name))
    elif problem.validator == "additionalProperties":
        for name in sorted(set(instance) - set(problem.schema.get("properties", ()))):
            yield FieldError("unknown_field", "There is no such field.", pointer + pointer_to(name))
    else:
        yield FieldError(_CODES.get(str(problem.validator), "invalid_value"), _sentence(problem), pointer)


def _sentence(problem: ValidationError) -> str:
    wanted = problem.validator_value
    match problem.validator:
        case "type":
            return f"A value of type {wanted} is needed."
        case "enum":
            return f"Send one of: {', '.join(map(str, wanted))}."
        case "format":
            return {"date-time": "Send a moment with offset (RFC 3339).", "time-zone": "No zone has this name."}[wanted]
        case "minItems" | "maxItems" | "minimum" | "maximum":
            bound = "at least" if str(problem.validator).startswith("min") else "at most"
            return f"Send {bound} {wanted}{' values' if 'Items' in str(problem.validator) else ''}."
    return "This text is too long, too short or of another form."


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: Any) -> bool:
    """A plain day is none."""
    return not isinstance(value, str) or (len(value) > 10 and bool(parameters.MOMENT.read(value)))


@_FORMATS.checks("time-zone", raises=(ValueError, KeyError, OSError))
def _is_zone(value: Any) -> bool:
    """By its IANA name, such as Europe/Berlin."""
    return not isinstance(value, str) or bool(ZoneInfo(value))


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
