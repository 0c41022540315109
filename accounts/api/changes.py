"""`/api/v1/changes`: what happened, in an order that never changes and never skips. `crm-sync` section 9."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.permissions import may_follow_changes
from clg.api import cursors, parameters
from clg.api.doors import Door, actor_of
from clg.api.errors import CursorMismatch
from clg.api.fields import Keyed, Moment
from clg.api.parameters import Parameter, refused
from clg.events.feed import Place, audience_of, changes_after, newest_place, oldest_place
from clg.events.kinds import type_names

LIMIT_MAX: Final = 500
LIMIT_DEFAULT: Final = 200
_RESOURCE: Final = "changes"
_START: Final = {"now": newest_place, "oldest": oldest_place}


class ChangedObject(serializers.Serializer[Any]):
    """What changed. Events of one object come with rising versions, where it has any."""

    type = serializers.CharField()
    id = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)


class ChangeRef(serializers.Serializer[Any]):
    """A row that is concerned, with the names that the caller's own source has for it, those in force first."""

    id = serializers.CharField()
    external_ids = serializers.ListField(child=serializers.CharField())


class ChangeRefs(Keyed):
    """`account`, `contact` or `opportunity`, as far as the event concerns one and the caller may be told."""

    @staticmethod
    def member() -> Any:
        return ChangeRef()


class ChangeOrigin(serializers.Serializer[Any]):
    """Who caused it: client, user, import, task, command, link or system; which source, and what it calls the write."""

    kind = serializers.CharField()
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    trace_id = serializers.CharField(allow_null=True)


class ChangeOutput(serializers.Serializer[Any]):
    """One thing that happened, in ids and names of fields: read the object for its values."""

    position = serializers.IntegerField()
    id = serializers.CharField()
    type = serializers.CharField(help_text="More may come: pass over what you do not know.")
    object = ChangedObject()
    refs = ChangeRefs()
    changed_fields = serializers.ListField(child=serializers.CharField())
    occurred_at = Moment()
    origin = ChangeOrigin()


class ChangesOutput(serializers.Serializer[Any]):
    """Some changes, and the way on; always a way on, as the feed has no end."""

    data = ChangeOutput(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField()
    has_more = serializers.BooleanField(help_text="True: ask again at once, also when `data` is short or empty.")
    lag_seconds = serializers.FloatField(help_text="How old the next change is; 0 when there is none.")
    epoch = serializers.UUIDField(help_text="Another one after a restore: then cursors of before answer 410.")


_PARAMETERS: Final = (
    Parameter("cursor", cursors.FORM, "The `next_cursor` of the answer before."),
    Parameter(
        "from",
        parameters.one_of(_START),
        "Where to start without a cursor: `now`, behind all that is, or `oldest`, the last 30 days.",
    ),
    Parameter("limit", parameters.whole(1, LIMIT_MAX, default=LIMIT_DEFAULT), "Changes an answer."),
    Parameter("exclude_own", parameters.TRUTH, "Leave out what the caller's own source did; `true` unless said."),
)


class Changes(Door):
    """The change feed: follow `next_cursor` for ever, at any pace within 30 days."""

    operation = "listChanges"
    output = ChangesOutput
    may = may_follow_changes
    scope = "changes:read"
    refusals: ClassVar[Mapping[int, str]] = {410: "The cursor is too old, or of before a restore: start again."}

    def parameters(self) -> Sequence[Parameter]:
        types = parameters.some_of(type_names())
        return [*_PARAMETERS, Parameter("types", types, "Types, or kinds: the part before the dot. Others pass by.")]

    def get(self, request: Request) -> HttpResponse:
        """What happened after a place."""
        found = changes_after(
            self._place(),
            audience_of(request.user, actor=actor_of(request.user)),
            limit=self.values.get("limit", LIMIT_DEFAULT),
            names=self.values.get("types"),
            exclude_own=self.values.get("exclude_own", True),
        )
        way = {
            "next_cursor": cursor_of(found.place),
            "has_more": found.has_more,
            "lag_seconds": found.lag_seconds,
            "epoch": str(found.place.epoch),
        }
        # The entries are JSON already: they are put in as they came from the database.
        return HttpResponse(f'{{"data": {found.entries}, {json.dumps(way)[1:]}', content_type="application/json")

    def _place(self) -> Place:
        if "cursor" in self.values and "from" in self.values:
            raise refused("from", "Send a cursor or a start, not both.")
        if "cursor" in self.values:
            return _place_of(self.values["cursor"])
        if "from" not in self.values:
            raise refused("from", "Send a cursor, or from=now or from=oldest to start.")
        return _START[self.values["from"]]()


def cursor_of(place: Place) -> str:
    """The cursor of a reader who knows everything up to a place."""
    return cursors.write_cursor([_RESOURCE, place.epoch.hex, place.position])


def _place_of(cursor: str) -> Place:
    """The place in a cursor. Raises `InvalidCursor`, and `CursorMismatch` for one of a list."""
    parts = cursors.read_cursor(cursor)
    if parts[0] != _RESOURCE:
        raise CursorMismatch
    return Place(uuid.UUID(parts[1]), parts[2])
