"""How the OpenAPI documents are made from the doors themselves. `crm-sync` section 1.

A door's parameters, scope and answer are what it checks and writes, so the documents cannot say anything else.
Every operation lists all its refusals with the one problem body, and has an example made from its own schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer
from rest_framework import serializers

from clg.api.bodies import JSON as _JSON
from clg.api.bodies import Body, in_version, ref
from clg.api.bulk import BatchResultOutput, BulkDoor
from clg.api.doors import Door, ReadDoor
from clg.api.fields import Keyed
from clg.api.parameters import Parameter

# Of many rows by the name of the resource, of one by its singular.
_MANY: Final = {"page": "list", "count": "count"}
_ONE: Final = {
    "retrieve": "get{}",
    "by_external_id": "get{}ByExternalId",
    "push_one": "upsert{}ByExternalId",
    "delete_one": "delete{}ByExternalId",
}
_REFUSALS: Final[Mapping[int, str]] = {
    400: "A parameter or the body cannot be read.",
    401: "No valid token or session.",
    403: "A scope or a right is missing.",
    404: "Nothing here, or nothing in sight.",
    405: "The address does not take that method.",
    406: "Accept admits neither JSON nor problems.",
    429: "Over the rate limit; wait as Retry-After says.",
    500: "A defect on our side.",
    503: "Busy; try again.",
}
# What a call that writes may hear besides.
_REFUSALS_OF_WRITES: Final[Mapping[int, str]] = {
    409: "A request with this key is running, or the state forbids it.",
    413: "The body is over 1 MiB.",
    415: "The body is no application/json.",
    422: "A value is wrong; errors point to each.",
}
# What a call hears whose condition is the version that was read.
_REFUSALS_OF_VERSIONS: Final[Mapping[int, str]] = {
    412: "The row has changed since it was read; the body says its version.",
    428: "If-Match with the version is missing.",
}
# By whether it is required.
_IDEMPOTENCY_KEY: Final = {
    required: OpenApiParameter(
        "Idempotency-Key",
        type={"type": "string", "pattern": "^[A-Za-z0-9_-]{1,255}$"},
        location=OpenApiParameter.HEADER,
        required=required,
        description="The same key and the same request have one effect and one answer, for seven days.",
    )
    for required in (False, True)
}
_IF_MATCH: Final = OpenApiParameter(
    "If-Match",
    type={"type": "string", "pattern": '^"v[0-9]+"$'},
    location=OpenApiParameter.HEADER,
    required=True,
    description="The version that was read, as its ETag; without it 428, with a former one 412.",
)
_SUCCESSES: Final[Mapping[int, str]] = {201: "Created.", 202: "Taken; the work goes on.", 207: "Look at each result."}


_READING: Final = ("GET", "HEAD")
# Headers of answers: none is needed to read one.
_REQUEST_ID: Final = "X-Request-ID"
_QUOTA: Final = ("RateLimit-Policy", "RateLimit")
_HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    _REQUEST_ID: ("Our id of the request, as in the body of an error.", "^[0-9A-HJKMNP-TV-Z]{26}$"),
    "RateLimit-Policy": ("The limit: q calls in w seconds.", '^"[a-z]+";q=[0-9]+;w=[0-9]+$'),
    "RateLimit": ("What is left: r calls at once, all again in t seconds.", '^"[a-z]+";r=[0-9]+;t=[0-9]+$'),
    "ETag": ("The version of the row, for If-None-Match.", '^"v[0-9]+"$'),
    "WWW-Authenticate": ("The challenge.", "^Bearer "),
    "Allow": ("The methods of this address.", "^[A-Z]+(, [A-Z]+)*$"),
    "Retry-After": ("Seconds to wait.", "^[0-9]+$"),
}
_HEADERS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "200": _QUOTA,
    "201": _QUOTA,
    "202": _QUOTA,
    "207": _QUOTA,
    "304": (*_QUOTA, "ETag"),
    "401": ("WWW-Authenticate",),
    "405": ("Allow",),
    "429": (*_QUOTA, "Retry-After"),
    "503": ("Retry-After",),
}


class FieldErrorOutput(serializers.Serializer[Any]):
    """One thing wrong with one value."""

    code = serializers.CharField()
    detail = serializers.CharField()
    pointer = serializers.CharField(required=False, help_text="RFC 6901 into the body")
    parameter = serializers.CharField(required=False)
    retryable = serializers.BooleanField()


class ProblemOutput(serializers.Serializer[Any]):
    """RFC 9457 problem details. Codes: /problems/"""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    code = serializers.CharField()
    request_id = serializers.CharField()
    retryable = serializers.BooleanField()
    errors = FieldErrorOutput(many=True, required=False)  # type: ignore[assignment]


class CountOutput(serializers.Serializer[Any]):
    """How many rows pass the filters."""

    count = serializers.IntegerField(max_value=10_000, min_value=0)
    exact = serializers.BooleanField(help_text="False when there are more than were counted.")


_BATCH_OR_PROBLEM: Final = PolymorphicProxySerializer(
    "BatchResultOrProblem", [BatchResultOutput, ProblemOutput], resource_type_field_name=None
)


class KeyedObject(OpenApiSerializerExtension):
    """An object with keys of its own is a component too: nothing nested stays without a name."""

    target_class = Keyed
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        member = self.target.member()
        if isinstance(member, serializers.Serializer):
            values = auto_schema.resolve_serializer(member, direction).ref
        else:
            values = {} if member is None else auto_schema._map_serializer_field(member, direction)
        return {"type": "object", "additionalProperties": values, "description": str(self.target.__doc__)}


class Schema(AutoSchema):
    """drf-spectacular's inspector, asking the door."""

    def get_operation_id(self) -> str:
        if isinstance(self.view, ReadDoor):
            action = self.view.action
            if action in _MANY:
                return _MANY[action] + "".join(word.title() for word in self.view.resource.split("-"))
            return _ONE.get(action, action + "{}").format(self.view.label or self.view.model.__name__)
        return getattr(self.view, "operation", "") or super().get_operation_id()

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_override_parameters(self) -> list[Any]:
        if not isinstance(self.view, Door):
            return []
        found = [_documented(parameter) for parameter in self.view.documented_parameters()]
        if self.method in _READING:
            return found
        action = getattr(self.view, "action", "")
        needs_key = self.view.key_required or action in getattr(self.view, "needs_key", ())
        return [*found, _IDEMPOTENCY_KEY[needs_key], *([_IF_MATCH] if self._needs_version() else [])]

    def _needs_version(self) -> bool:
        return getattr(self.view, "action", "") in getattr(self.view, "needs_version", ())

    def get_request_serializer(self) -> Any:
        view = self.view
        return view.inputs.get(getattr(view, "action", ""), view.input) if isinstance(view, Door) else None

    def _get_request_body(self, direction: Any = "request") -> Any:
        """A body that no serializer checks brings its own components."""
        body = self.get_request_serializer()
        if not isinstance(body, Body):
            return super()._get_request_body(direction)
        self._register(body)
        return {"content": {media: {"schema": ref(body.name)} for media in body.media}, "required": True}

    def _register(self, body: Body) -> dict[str, Any]:
        """Bring in the components of a body; its own as a reference."""
        for name, schema in body.components.items():
            written = in_version(schema, spectacular_settings.OAS_VERSION)
            self.registry.register_on_missing(ResolvedComponent(name, ResolvedComponent.SCHEMA, written, name))
        return ref(body.name)

    def get_response_serializers(self) -> Any:
        answers: dict[Any, Any] = {
            (status, media): OpenApiResponse(
                self._register(answer) if isinstance(answer, Body) else answer, description=_SUCCESSES.get(status, "")
            )
            for status in self._statuses()
            for media, answer in (getattr(self.view, "media", None) or {_JSON: self._answer()}).items()
        }
        reads = self.method in _READING
        if reads and (self.path.endswith("_id}") or self.path.endswith("{key}")):
            answers[304] = OpenApiResponse(description="The caller holds this version.")
        writing = {} if reads else _REFUSALS_OF_WRITES
        versions = _REFUSALS_OF_VERSIONS if self._needs_version() else {}
        own = getattr(self.view, "refusals", {})
        for status, description in {**_REFUSALS, **writing, **versions, **own}.items():
            for media in ("application/problem+json", _JSON):
                answers[status, media] = OpenApiResponse(ProblemOutput, description=description)
        if isinstance(self.view, BulkDoor):
            answers[422, _JSON] = OpenApiResponse(_BATCH_OR_PROBLEM, description="Nothing of the batch was stored.")
        return answers

    def _statuses(self) -> tuple[int, ...]:
        return self.view.statuses_of_call() if isinstance(self.view, Door) else (200,)

    def get_filter_backends(self) -> list[Any]:
        return []

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        return str(super().get_serializer_name(serializer, direction)).removesuffix("Output")

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False

    def _answer(self) -> Any:
        view = self.view
        if not isinstance(view, ReadDoor):
            return getattr(view, "output", None)
        if view.action == "count":
            return CountOutput
        if view.action == "page":
            return _page_of(view.output)
        return view.outputs.get(view.action, view.output)


_pages: dict[type, type] = {}


def _page_of(output: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The envelope of a list, one class a resource, so that it is one component."""
    if output not in _pages:
        fields = {
            "data": output(many=True),
            "next_cursor": serializers.CharField(allow_null=True),
            "has_more": serializers.BooleanField(),
            "__doc__": "One page of a list.",
        }
        name = output.__name__.removesuffix("Output") + "PageOutput"
        _pages[output] = type(name, (serializers.Serializer,), fields)
    return _pages[output]


def _documented(parameter: Parameter) -> OpenApiParameter:
    several = parameter.form.schema["type"] == "array"
    return OpenApiParameter(
        parameter.name,
        type=dict(parameter.form.schema),
        description=parameter.description,
        required=parameter.required,
        style="form" if several else None,
        explode=False if several else None,
    )


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Give every answer its headers and, where it is one, an example made from its schema."""
    components = result.setdefault("components", {})
    components["headers"] = {name: _header(*words) for name, words in _HEADERS.items()}
    for path in result["paths"].values():
        for operation in path.values():
            if any(parameter["name"] == "fields" for parameter in operation.get("parameters", ())):
                _leave_out_what_was_not_chosen(operation, components["schemas"])
            for status, answer in operation["responses"].items():
                names = (_REQUEST_ID, *_HEADERS_OF.get(status, ()))
                answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
            for media in _examined(operation):
                media["example"] = _example(media["schema"], components.get("schemas", {}))
    return result


def _examined(operation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The body and the good answers of an operation, where an example belongs."""
    answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    parts = [*answers, operation.get("requestBody", {})]
    return [media for part in parts for media in part.get("content", {}).values()]


def _leave_out_what_was_not_chosen(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    """Where `fields` chooses, no field of a row is sure to be there, down to the innermost."""
    name = _component(operation["responses"]["200"]["content"][_JSON]["schema"])
    waiting = _refs(schemas[name]["properties"]["data"]) if name.endswith("Page") else {name}
    done: set[str] = set()
    while waiting:
        row = waiting.pop()
        done.add(row)
        schemas[row].pop("required", None)
        waiting |= _refs(schemas[row]) - done


def _refs(schema: Any) -> set[str]:
    """Names of the components that a schema points to."""
    if isinstance(schema, list):
        return {name for each in schema for name in _refs(each)}
    if not isinstance(schema, dict):
        return set()
    return {_component(schema)} if "$ref" in schema else _refs(list(schema.values()))


def _component(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[-1]


def _header(description: str, pattern: str) -> dict[str, Any]:
    return {"description": description, "required": True, "schema": {"type": "string", "pattern": pattern}}


def _example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """A value that the schema admits."""
    if "$ref" in schema:
        return _example(schemas[_component(schema)], schemas)
    for join in ("allOf", "oneOf", "anyOf"):
        if join in schema:
            return _example(schema[join][0], schemas)
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type", "object")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if kind == "object":
        return {name: _example(each, schemas) for name, each in schema.get("properties", {}).items()}
    return [_example(schema["items"], schemas)] if kind == "array" else _plain_example(kind, schema)


def _plain_example(kind: str, schema: Mapping[str, Any]) -> Any:
    if kind == "string":
        formats = {"date-time": "2026-04-30T10:00:00.000000Z", "date": "2026-04-30", "decimal": "71.50"}
        if "pattern" in schema and schema["pattern"].startswith("^[a-z]{3}_"):
            return "acc_6f0c2b9d4e7a4f60a1b2c3d4e5f60718"
        return formats.get(schema.get("format", ""), "71.50" if "pattern" in schema else "text")
    return {"integer": 1, "number": 1.5, "boolean": True}[kind]
