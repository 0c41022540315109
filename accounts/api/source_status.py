"""`/api/v1/source-status`: how the sync of the caller's own source stands."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import ObjectType, SourceKind, SourceOrdering
from accounts.models import SyncConflict
from accounts.permissions import may_see_source_status
from accounts.source_status import ObjectStatus, SourceStatus, status_of
from clg import codes
from clg.api import rates
from clg.api.bulk import OUTCOMES, OutcomeCountsOutput
from clg.api.doors import Door, actor_of
from clg.api.fields import Moment, PublicId, Text
from clg.api.outputs import Output
from clg.api.schema import CountOutput
from clg.events.standing import feed_standing

# The buckets in which calls of clients are counted.
LIMITS: Final = ("read", "write")


class SourceRefOutput(Output):
    """The caller's source."""

    id = PublicId()
    slug = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    kind = serializers.ChoiceField(choices=SourceKind.choices, read_only=True)
    ordering = serializers.ChoiceField(choices=SourceOrdering.choices, read_only=True)


class ObjectStatusOutput(Output):
    """One kind of object: what came, and what waits for its rest."""

    object = serializers.ChoiceField(choices=ObjectType.choices, read_only=True)
    last_received_at = Moment(allow_null=True)
    newest_clock = Text(help_text="The greatest clock ever received, as the source writes it.")
    counts_24h = OutcomeCountsOutput()
    counts_7d = OutcomeCountsOutput()
    incomplete_over_7d = CountOutput()


class RefusedCodeOutput(Output):
    """Refused items under the first of their codes."""

    object = serializers.ChoiceField(choices=ObjectType.choices, read_only=True)
    code = serializers.CharField(read_only=True)
    count_24h = serializers.IntegerField(read_only=True, min_value=0)
    count_7d = serializers.IntegerField(read_only=True, min_value=0)


class ConflictOutput(Output):
    """Two values of one field with one clock: the greater one stayed."""

    object = serializers.ChoiceField(choices=ObjectType.choices, read_only=True)
    external_id = serializers.CharField(read_only=True)
    id = Text(help_text="Our id of the row; null when it is gone.")
    field = serializers.CharField(read_only=True)
    at = Moment()


class UnmappedStageOutput(Output):
    """A stage whose outcome nobody told: its deals stay open until the stage map names it."""

    stage = serializers.CharField(read_only=True)
    items = serializers.IntegerField(read_only=True)
    first_received_at = Moment()
    received_at = Moment()


class RunningImportOutput(Output):
    """A file on its way in, or waiting for its turn."""

    id = PublicId()
    object = serializers.ChoiceField(source="object_type", choices=ObjectType.choices, read_only=True)
    started_at = Moment(allow_null=True)
    total = serializers.IntegerField(read_only=True, min_value=0)
    processed = serializers.IntegerField(read_only=True, min_value=0)


class EndpointHealthOutput(Output):
    """A webhook endpoint of the source's clients."""

    id = PublicId()
    state = serializers.CharField(read_only=True)
    consecutive_failures = serializers.IntegerField(read_only=True, min_value=0)
    last_success_at = Moment(allow_null=True)
    paused_until = Moment(allow_null=True)


class FeedStandingOutput(Output):
    """The change feed: its last position, and how long the oldest change has waited for one."""

    position = serializers.IntegerField(read_only=True)
    lag_seconds = serializers.FloatField(read_only=True, min_value=0)


class LimitOutput(Output):
    """A rate limit of the calling client, this call included."""

    name = serializers.ChoiceField(choices=LIMITS, read_only=True)
    quota = serializers.IntegerField(read_only=True, help_text="Calls in the window.")
    window_seconds = serializers.IntegerField(read_only=True)
    burst = serializers.IntegerField(read_only=True, help_text="Calls at once.")
    remaining = serializers.IntegerField(read_only=True, min_value=0)


class SourceStatusOutput(Output):
    """How the sync of one source stands. Windows are whole hours, the running one included."""

    source = SourceRefOutput()  # type: ignore[assignment]
    as_of = Moment()
    objects = ObjectStatusOutput(many=True)
    refused = RefusedCodeOutput(many=True)
    conflicts = ConflictOutput(many=True)
    unmapped_stages = UnmappedStageOutput(many=True)
    running_imports = RunningImportOutput(many=True)
    endpoints = EndpointHealthOutput(many=True)
    feed = FeedStandingOutput()
    limits = LimitOutput(many=True)


class SourceStatusDoor(Door):
    """The caller's own source: what came when, what became of it, what somebody should look at."""

    may = may_see_source_status
    scope = "source:read"
    output = SourceStatusOutput
    operation = "readSourceStatus"

    def get(self, request: Request) -> Response:
        """Figures of 24 hours and of 7 days; the newest 50 conflicts; what is left of the limits."""
        caller: Any = request.user
        found = status_of(caller.source, at=timezone.now())
        return Response(SourceStatusOutput(_written(found, actor_of(caller))).data)


def _written(found: SourceStatus, actor: str) -> dict[str, Any]:
    return {
        "source": found.source,
        "as_of": found.at,
        "objects": [_object(each) for each in found.objects],
        "refused": [
            {"object": each.object_type, "code": each.code, "count_24h": each.day, "count_7d": each.week}
            for each in found.refused
        ],
        "conflicts": [_conflict(each) for each in found.conflicts],
        "unmapped_stages": found.unmapped_stages,
        "running_imports": found.running_imports,
        "endpoints": found.endpoints,
        "feed": feed_standing(at=found.at),
        "limits": [_limit(rates.left(rates.limit_named(name), actor)) for name in LIMITS],
    }


def _object(status: ObjectStatus) -> dict[str, Any]:
    return {
        "object": status.object_type,
        "last_received_at": status.last_received_at,
        "newest_clock": status.newest_clock or "",
        "counts_24h": {outcome: status.day.get(outcome, 0) for outcome in OUTCOMES},
        "counts_7d": {outcome: status.week.get(outcome, 0) for outcome in OUTCOMES},
        "incomplete_over_7d": status.unfinished,
    }


def _conflict(conflict: SyncConflict) -> dict[str, Any]:
    about = getattr(conflict.identity, conflict.identity.object_type)
    return {
        "object": conflict.identity.object_type,
        "external_id": conflict.identity.external_id,
        "id": codes.name_of(about) if about else "",
        "field": conflict.field,
        "at": conflict.at,
    }


def _limit(allowance: rates.Allowance) -> dict[str, Any]:
    limit = allowance.limit
    return {
        "name": limit.name,
        "quota": limit.quota,
        "window_seconds": limit.seconds,
        "burst": limit.burst,
        "remaining": allowance.remaining,
    }
