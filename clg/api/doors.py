"""The base of every API view: who may, how often, which parameters; lists, single rows and counts.

A resource sets the class attributes of `ReadDoor`; reading always starts with `visible_to(principal)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

from django.db.models import Model
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from clg import codes
from clg.api import pagination, parameters, rates
from clg.api.errors import MissingScope, NotAuthenticated
from clg.api.fields import Choice, Known, chosen, read_choice, some_fields
from clg.api.filters import ApiFilterSet
from clg.api.parameters import Form, Parameter, Parsed, read_parameters
from clg.errors import NotFound
from clg.permissions import Verdict, require
from clg.querysets import ListedQuerySet

Row = TypeVar("Row", bound=Model)


def actor_of(principal: Any) -> str:
    """`client:7` or `user:3`."""
    return str(getattr(principal, "actor", None) or f"user:{principal.pk}")


@dataclass(frozen=True)
class Asked:
    """What a call needs: a predicate for people, the scope for clients, the bucket that it is counted in."""

    may: Callable[[Any], Verdict]
    scope: str
    rate: str


class Door(APIView):
    """One address of the API."""

    http_method_names = ("get", "head", "post", "put", "patch", "delete")
    # Which bucket a call is counted in, and what it may ask for.
    rate: ClassVar[str] = "read"
    may: ClassVar[Callable[[Any], Verdict]]
    output: ClassVar[type[serializers.Serializer[Any]]]
    # Its name in the API documents.
    operation: ClassVar[str] = ""
    # The scope that a client needs for what `may` asks of people.
    scope: ClassVar[str] = ""
    # Refusals that only this address knows, with their words for the documents.
    refusals: ClassVar[Mapping[int, str]] = {}
    # What its calls send, for the documents: a serializer or a `Body`; of several actions, each its own.
    input: ClassVar[Any] = None
    inputs: ClassVar[Mapping[str, Any]] = {}
    # By media type what it answers, where that is not `output` as JSON: a serializer of one line, or a `Body`.
    media: ClassVar[Mapping[str, Any]] = {}
    # Whether a call must carry an Idempotency-Key.
    key_required: ClassVar[bool] = False
    # What it answers when all is well.
    statuses: ClassVar[tuple[int, ...]] = (200,)

    def parameters(self) -> Sequence[Parameter]:
        """The query parameters of this address."""
        return ()

    def statuses_of_call(self) -> tuple[int, ...]:
        """The statuses of its good answers, for the documents."""
        return self.statuses

    def documented_parameters(self) -> Sequence[Parameter]:
        """All parameters there are, whoever calls: what the documents list."""
        return self.parameters()

    def perform_authentication(self, request: Request) -> None:
        if not request.user.is_authenticated:
            raise NotAuthenticated(headers={"WWW-Authenticate": self.get_authenticate_header(request) or "Bearer"})
        self.charge_entry()

    def charge_entry(self) -> None:
        """Count the call before anything else is done for it."""
        self.charge(1)

    def asked(self) -> Asked:
        """What this call needs; a door of several actions asks for each its own."""
        return Asked(type(self).may, self.scope, self.rate)

    def charge(self, cost: int) -> None:
        """Take so much of the caller's allowance. Raises `RateLimited`."""
        self.allowance = rates.take(rates.limit_named(self.asked().rate), actor_of(self.request.user), cost)

    def check_permissions(self, request: Request) -> None:
        asked = self.asked()
        self.admit(asked.may, asked.scope)

    def admit(self, may: Callable[[Any], Verdict], scope: str) -> None:
        """Go on when the caller may; a client hears which scope it lacks, a person why."""
        verdict = may(self.request.user)
        if not verdict and hasattr(self.request.user, "scopes"):
            raise MissingScope(f"This needs the scope {scope}.", data={"scope": scope})
        require(verdict)

    def check_throttles(self, request: Request) -> None:
        """Past the doorkeepers: read the parameters, refusing those that nobody here knows.

        A path with control characters names nothing, and the database would break at some of them.
        """
        if any(parameters.UNWANTED.search(text) for text in self.kwargs.values()):
            raise NotFound("There is nothing here, or nothing that you may see.")
        if request.method in self.allowed_methods:
            self.values: Parsed = read_parameters(request.query_params, self.parameters())

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self._rate_headers().items():
            response.setdefault(name, value)
        return response

    def _rate_headers(self) -> dict[str, str]:
        allowance = getattr(self, "allowance", None)
        return allowance.headers() if allowance else {}


@dataclass(frozen=True)
class Expansion:
    """A relation that `expand` may embed. `may` asks for the read scope, `rows` gives what the caller sees."""

    attribute: str
    may: Callable[[Any], Verdict]
    scope: str
    rows: Callable[[Any], ListedQuerySet[Any]]
    serializer: type[serializers.Serializer[Any]]


class ReadDoor(ViewSetMixin, Door, Generic[Row]):
    """Lists, counts and single rows of one resource."""

    resource: ClassVar[str]
    model: ClassVar[Any]
    # The singular in the names of operations, where it is not the model's.
    label: ClassVar[str] = ""
    # Answers of further actions.
    outputs: ClassVar[Mapping[str, type[serializers.Serializer[Any]]]] = {}
    filters: ClassVar[type[ApiFilterSet]] = ApiFilterSet
    expansions: ClassVar[Mapping[str, Expansion]] = {}
    action: str

    def rows(self) -> Any:
        """Every row the caller may see."""
        return self.model._default_manager.visible_to(self.request.user)

    def with_output(self, rows: Any) -> Any:
        """The rows with all that the serializer reads, in a constant number of queries."""
        return rows

    def context_for(self, rows: Sequence[Row]) -> dict[str, Any]:
        """What the serializer needs beside the rows, looked up once for the page."""
        return {}

    def context_for_related(self, rows: Sequence[Any]) -> dict[str, Any]:
        """What the serializer of embedded rows needs, looked up once."""
        return {}

    def filter_parameters(self) -> list[Parameter]:
        """The filters this caller may use: a hidden field's filter does not exist for them."""
        return self.filters.parameters()

    def parameters(self) -> Sequence[Parameter]:
        return self._parameters(self.filter_parameters())

    def documented_parameters(self) -> Sequence[Parameter]:
        return self._parameters(self.filters.parameters())

    def _parameters(self, filtering: Sequence[Parameter]) -> Sequence[Parameter]:
        shape = [self._fields_parameter()]
        if self.expansions:
            shape.append(self._expand_parameter())
        if self.action == "page":
            return [*pagination.PARAMETERS, *shape, *filtering]
        if self.action == "count":
            return filtering
        return [] if self.action in self.outputs else shape

    def page(self, request: Request, **path: str) -> Response:
        """One page of the rows the caller sees, oldest first; `path` is for `rows` to read."""
        choice = self._choice()
        rows = self.with_output(self.filters.apply(self.rows(), self.values, request))
        found = pagination.read_page(rows, self.values, resource=self.resource, query=request.query_params.dict())
        data = self._written(found.rows, choice)
        return Response({"data": data, "next_cursor": found.next_cursor, "has_more": found.next_cursor is not None})

    def count(self, request: Request) -> Response:
        """How many rows pass the filters, exactly up to 10,000."""
        return Response(pagination.count_rows(self.filters.apply(self.rows(), self.values, request)))

    def retrieve(self, request: Request, public_id: str) -> Response:
        """One row by its id."""
        return self.answer(self.row_named(public_id))

    def row_named(self, public_id: str) -> Row:
        """The visible row of this id. Raises `NotFound`: the same for none and for one out of sight."""
        key = codes.decode(self.model.PUBLIC_PREFIX, public_id)
        row = self.with_output(self.rows().known_by([key])).first() if key else None
        if row is None:
            raise NotFound("There is nothing here, or nothing that you may see.")
        return row

    def version_of(self, row: Row) -> int | None:
        """What the ETag says; `None` for rows without a version."""
        version: int | None = getattr(row, "version", None)
        return version

    def answer(self, row: Row, **more: object) -> Response:
        """A single row, with its version as ETag where it has one; 304 when the caller holds that version."""
        version = self.version_of(row)
        etag = "" if version is None else f'"v{version}"'
        if etag and not {etag, "*"}.isdisjoint(_etags(self.request.headers.get("If-None-Match", ""))):
            return Response(status=304, headers={"ETag": etag})
        body = {**self._written([row], self._choice())[0], **more}
        return Response(body, headers={"ETag": etag} if etag else {})

    def _written(self, rows: Sequence[Row], choice: Choice | None) -> list[Any]:
        context = {"request": self.request, **self.context_for(rows)}
        data = self.output(rows, many=True, context=context).data
        expanded = self._expand(rows, list(data), context)
        return [chosen(each, choice) for each in expanded]

    def _expand(self, rows: Sequence[Row], data: list[Any], context: dict[str, Any]) -> list[Any]:
        for name in self.values.get("expand", ()):
            self.admit(self.expansions[name].may, self.expansions[name].scope)
            self.embed(rows, data, name, self._related(rows, self.expansions[name], context))
        return data

    def embed(self, rows: Sequence[Row], data: list[Any], name: str, written: dict[Any, Any]) -> None:
        """Put the related rows in place; one out of sight stays a reference."""
        for row, each in zip(rows, data, strict=True):
            each[name] = written.get(getattr(row, self.expansions[name].attribute), each[name])

    def _related(self, rows: Sequence[Row], expansion: Expansion, context: dict[str, Any]) -> dict[Any, Any]:
        """The related rows in sight, written, by key: one query a relation."""
        found = list(expansion.rows(self.request.user).filter(pk__in=_keys(rows, expansion.attribute)))
        inner = {**context, **self.context_for_related(found)}
        written = expansion.serializer(found, many=True, context=inner).data
        return {row.pk: each for row, each in zip(found, written, strict=True)}

    def _choice(self) -> Choice | None:
        return read_choice(self.values["fields"], self._known()) if "fields" in self.values else None

    def _known(self) -> Known:
        fields = {**fields_of(self.output)}
        for name in self.values.get("expand", ()):
            fields[name] = {**(fields[name] or {}), **fields_of(self.expansions[name].serializer)}
        return fields

    def _fields_parameter(self) -> Parameter:
        return Parameter(
            "fields",
            _choice_among(self.output),
            "Only these fields, by comma; `account.id` goes inside, with `expand` into all that it embeds.",
        )

    def _expand_parameter(self) -> Parameter:
        return Parameter(
            "expand",
            parameters.some_of(self.expansions),
            "Embed these relations, one level; each needs its own read scope.",
        )


def _keys(rows: Sequence[Any], attribute: str) -> set[Any]:
    """The keys that the rows hold in an attribute: one each, or a list each."""
    found = [getattr(row, attribute) for row in rows]
    return {key for each in found for key in (each if isinstance(each, list) else [each]) if key is not None}


@cache
def fields_of(output: type[serializers.Serializer[Any]]) -> Known:
    """Names of the fields of all answers of one class, looked up once: making a serializer copies all its fields."""
    return known_fields(output())


@cache
def _choice_among(output: type[serializers.Serializer[Any]]) -> Form[str]:
    return some_fields(fields_of(output))


def known_fields(serializer: serializers.BaseSerializer[Any]) -> dict[str, Known | None]:
    """Names of a serializer's fields with those inside its nested ones."""
    one: Any = serializer.child if isinstance(serializer, serializers.ListSerializer) else serializer
    fields = getattr(one, "fields", {})
    return {name: known_fields(field) if _is_nested(field) else None for name, field in fields.items()}


def _is_nested(field: Any) -> bool:
    child = field.child if isinstance(field, serializers.ListSerializer) else field
    return isinstance(child, serializers.Serializer)


def _etags(header: str) -> list[str]:
    """The tags of If-None-Match, weak ones counting as strong (RFC 9110 13.1.2)."""
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]
