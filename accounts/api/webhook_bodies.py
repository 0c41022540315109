"""What calls about webhook endpoints send: one schema, which checks the body and stands in the documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from clg.actions.webhook import TYPES_MAX
from clg.api.bodies import Body, closed
from clg.errors import FieldError, InvalidInput
from clg.events.egress import URL_MAX

_POSITION: Final = {"type": "integer", "minimum": 1, "maximum": 2**53}
_FIELDS: Final[Mapping[str, Any]] = {
    "url": {
        "type": "string",
        "minLength": 1,
        "maxLength": URL_MAX,
        "description": "https on port 443 of a public host",
    },
    "event_types": {
        "type": "array",
        "minItems": 1,
        "maxItems": TYPES_MAX,
        "items": {"type": "string", "pattern": r"^[a-z_]{1,40}\.(\*|[a-z_]{1,39})$"},
        "description": "Whole types, or a kind with a star: `account.*`",
    },
    "description": {"type": "string", "maxLength": 200},
    "exclude_own": {"type": "boolean", "description": "Leave out what the caller's own source did; true unless said."},
}
NEW: Final = Body("NewWebhookEndpoint", {"NewWebhookEndpoint": closed(_FIELDS, required=("url", "event_types"))})
CHANGE: Final = Body("WebhookEndpointChange", {"WebhookEndpointChange": closed(_FIELDS)})
REPLAY: Final = Body(
    "WebhookReplay",
    {
        "WebhookReplay": closed(
            {
                "from_position": _POSITION,
                "to_position": _POSITION,
                "delivery_ids": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 10_000,
                    "items": {"type": "string", "pattern": "^whd_[0-9a-f]{32}$"},
                },
            },
            words="Either a range of positions, or deliveries.",
        )
    },
)
_TYPES: Final[Mapping[str, type]] = {"string": str, "array": list, "boolean": bool, "integer": int}


def checked(body: Any, form: Body) -> dict[str, Any]:
    """The body, if its schema admits it. Raises `InvalidInput` with a pointer to each wrong value."""
    schema = form.components[form.name]
    if not isinstance(body, dict):
        raise InvalidInput("The body is an object.", errors=[FieldError("invalid_type", "The body is an object.")])
    errors = [_unknown(name) for name in body if name not in schema["properties"]]
    errors += [
        FieldError("required", "This is needed.", f"/{name}") for name in schema.get("required", ()) if name not in body
    ]
    for name, value in body.items():
        errors += _wrong(value, schema["properties"].get(name, {}), f"/{name}")
    if not errors and form is REPLAY and set(body) not in ({"from_position", "to_position"}, {"delivery_ids"}):
        errors = [FieldError("required", "Send from_position and to_position, or delivery_ids.")]
    if errors:
        raise InvalidInput(f"{len(errors)} values are invalid." if errors[1:] else "1 value is invalid.", errors=errors)
    return body


def _unknown(name: str) -> FieldError:
    escaped = name.replace("~", "~0").replace("/", "~1")
    return FieldError("unknown_field", "There is no such field.", f"/{escaped}")


def _wrong(value: Any, schema: Mapping[str, Any], pointer: str) -> list[FieldError]:
    """What of one value its schema does not admit."""
    if not schema:
        return []
    # True is a whole number to Python, and no whole number to JSON.
    kind: Any = _TYPES[schema["type"]]
    if not isinstance(value, kind) or isinstance(value, bool) != (schema["type"] == "boolean"):
        return [FieldError("invalid_type", f"A value of type {schema['type']} is needed.", pointer)]
    if schema["type"] == "array":
        return _wrong_items(list(value), schema, pointer)
    if schema["type"] == "integer" and not schema["minimum"] <= value <= schema["maximum"]:
        return [FieldError("invalid_value", f"Send {schema['minimum']} or more.", pointer)]
    if schema["type"] == "string" and not _is_text(str(value), schema):
        return [FieldError("invalid_value", "This text is too long, too short or of another form.", pointer)]
    return []


def _wrong_items(value: list[Any], schema: Mapping[str, Any], pointer: str) -> list[FieldError]:
    if not schema["minItems"] <= len(value) <= schema["maxItems"]:
        detail = f"Send {schema['minItems']} to {schema['maxItems']} values."
        return [FieldError("too_many_items" if value else "too_few_items", detail, pointer)]
    return [one for index, item in enumerate(value) for one in _wrong(item, schema["items"], f"{pointer}/{index}")]


def _is_text(value: str, schema: Mapping[str, Any]) -> bool:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 2**31):
        return False
    return "pattern" not in schema or re.fullmatch(schema["pattern"], value) is not None
