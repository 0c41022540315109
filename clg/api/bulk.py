"""The one shape of every `bulk-upsert`: 1 to 200 items in, one result an item out. `crm-sync` section 3.

A door names its items' body and merges them; what a batch is, what it costs and how it is answered stands here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as changed
from typing import Any, ClassVar, Final

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clg.api.bodies import Body, JsonSchema, closed, ref
from clg.api.doors import Door, actor_of
from clg.api.errors import TooFewItems, TooManyItems
from clg.api.problems import error_entry
from clg.api.writing import write
from clg.errors import DomainError, FieldError, InvalidInput, pointer_to
from clg.logs import current_request_id

ITEMS_MOST: Final = 200
# A bulk call costs one write and one more for each fifty items begun.
ITEMS_A_TOKEN: Final = 50
OUTCOMES: Final = (
    "created",
    "linked",
    "updated",
    "unchanged",
    "stale",
    "redirected",
    "suppressed",
    "deleted",
    "restored",
    "failed",
    "rolled_back",
)
_STATUS_OF_OUTCOME: Final = {"created": 201, "linked": 201, "rolled_back": 424}
_STATUS_OF_FAILURE: Final = {"not_found": 404, "unknown_external_id": 404, "busy": 503}


@dataclass(frozen=True)
class Batch:
    """The items of a call as they came, and whether one failure keeps all of them out."""

    items: Sequence[Any]
    all_or_none: bool = False


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """What became of one item. Pointers of its errors lead into the item; `more` are keys of some outcomes only."""

    index: int
    outcome: str
    external_id: str = ""
    trace_id: str = ""
    id: str | None = None
    version: int | None = None
    complete: bool | None = None
    applied_fields: Sequence[str] = ()
    stale_fields: Sequence[str] = ()
    ignored_fields: Sequence[str] = ()
    errors: Sequence[FieldError] = ()
    more: Mapping[str, object] = field(default_factory=dict)

    @property
    def status(self) -> int:
        if self.outcome == "failed":
            return next((_STATUS_OF_FAILURE[e.code] for e in self.errors if e.code in _STATUS_OF_FAILURE), 422)
        return _STATUS_OF_OUTCOME.get(self.outcome, 200)

    def written(self, before: str = "") -> dict[str, object]:
        """The JSON of it; `before` is put in front of the pointers."""
        return {
            "index": self.index,
            "trace_id": self.trace_id or None,
            "external_id": self.external_id or None,
            "id": self.id,
            "status": self.status,
            "outcome": self.outcome,
            "version": self.version,
            "complete": self.complete,
            "applied_fields": list(self.applied_fields),
            "stale_fields": list(self.stale_fields),
            "ignored_fields": list(self.ignored_fields),
            "errors": [error_entry(changed(error, pointer=before + error.pointer)) for error in self.errors],
            **self.more,
        }


class ItemErrorOutput(serializers.Serializer[Any]):
    """One thing wrong with one value of an item."""

    code = serializers.CharField()
    pointer = serializers.CharField(help_text="RFC 6901 into the body")
    detail = serializers.CharField()
    retryable = serializers.BooleanField()


class MergedIntoOutput(serializers.Serializer[Any]):
    """The row that another was merged into."""

    id = serializers.CharField(allow_null=True)
    external_id = serializers.CharField()


class ItemResultOutput(serializers.Serializer[Any]):
    """What became of one item."""

    index = serializers.IntegerField(help_text="Its place in the request.")
    trace_id = serializers.CharField(allow_null=True)
    external_id = serializers.CharField(allow_null=True, help_text="As it is stored.")
    id = serializers.CharField(allow_null=True)
    status = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    version = serializers.IntegerField(allow_null=True)
    complete = serializers.BooleanField(allow_null=True)
    applied_fields = serializers.ListField(child=serializers.CharField())
    stale_fields = serializers.ListField(child=serializers.CharField(), help_text="Older than what is stored.")
    ignored_fields = serializers.ListField(child=serializers.CharField(), help_text="Owned by a source of higher rank.")
    errors = ItemErrorOutput(many=True)  # type: ignore[assignment]
    merged_into = MergedIntoOutput(required=False, help_text="Of a redirected item: the winner of the merge.")
    applied = serializers.BooleanField(required=False, help_text="Of a redirected item: whether it was newer.")


class OutcomeCountsOutput(serializers.Serializer[Any]):
    """How many items had each outcome."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {outcome: serializers.IntegerField() for outcome in OUTCOMES}


class BatchResultOutput(serializers.Serializer[Any]):
    """What became of a batch."""

    request_id = serializers.CharField()
    counts = OutcomeCountsOutput()
    results = ItemResultOutput(many=True)


def batch_body(noun: str, components: Mapping[str, JsonSchema]) -> Body:
    """The body of a `bulk-upsert` whose items are the component `<noun>Item`."""
    items = {"type": "array", "items": ref(f"{noun}Item"), "minItems": 1, "maxItems": ITEMS_MOST}
    whole = closed(
        {
            "items": items,
            "all_or_none": {"type": "boolean", "default": False, "description": "One failure keeps everything out."},
        },
        required=("items",),
    )
    return Body(f"{noun}Batch", {**components, f"{noun}Batch": whole})


class BulkDoor(Door):
    """`POST /<resource>/bulk-upsert`."""

    rate = "write"
    input: ClassVar[Body]
    output = BatchResultOutput
    statuses = (207, 200)

    def merged(self, batch: Batch) -> Sequence[ItemAnswer]:
        """Store the good items; one answer an item, in their order. With `all_or_none` none when one fails."""
        raise NotImplementedError

    def charge_entry(self) -> None:
        """Later, once: the cost is known when the body has been read."""

    def check_permissions(self, request: Request) -> None:
        try:
            super().check_permissions(request)
        except DomainError:
            self.charge(1)
            raise

    def post(self, request: Request) -> Response | HttpResponse:
        """Store up to 200 items; each has its own result, in their order."""
        cost = 1
        try:
            batch = read_batch(request.data)
            cost += math.ceil(len(batch.items) / ITEMS_A_TOKEN)
        finally:
            self.charge(cost)
        return write(request, principal=actor_of(request.user), handle=lambda: self._answered(batch), is_bulk=True)

    def _answered(self, batch: Batch) -> Response:
        answers = self.merged(batch)
        counts = Counter(answer.outcome for answer in answers)
        body = {
            "request_id": current_request_id(),
            "counts": {outcome: counts[outcome] for outcome in OUTCOMES},
            "results": [answer.written(f"/items/{answer.index}") for answer in answers],
        }
        if batch.all_or_none:
            return Response(body, status=422 if counts["failed"] else 200)
        caller: Any = self.request.user
        return Response(body, status=caller.batch_status)


def read_batch(body: Any) -> Batch:
    """The batch in a body. Raises `InvalidInput` naming what is wrong with its frame."""
    if not isinstance(body, dict):
        raise _wrong("invalid_type", "The body is an object with items.", "")
    for name in body:
        if name not in ("items", "all_or_none"):
            raise _wrong("unknown_field", "A batch has items and all_or_none.", pointer_to(name))
    if not isinstance(body.get("all_or_none", False), bool):
        raise _wrong("invalid_type", "True or false is needed here.", "/all_or_none")
    return Batch(_items(body), body.get("all_or_none", False))


def _items(body: Mapping[str, Any]) -> list[Any]:
    items = body.get("items")
    if not isinstance(items, list):
        code = "invalid_type" if "items" in body else "required"
        raise _wrong(code, "A batch has a list of items.", "/items")
    if not items:
        raise TooFewItems
    if len(items) > ITEMS_MOST:
        raise TooManyItems
    return items


def _wrong(code: str, detail: str, pointer: str) -> InvalidInput:
    return InvalidInput(detail, errors=[FieldError(code, detail, pointer)])
