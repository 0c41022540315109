"""`/api/v1/webhook-endpoints`: who is told of events by signed calls, and how each call went. `crm-sync` section 10."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.webhook_bodies import CHANGE, NEW, REPLAY, checked
from accounts.permissions import may_manage_webhooks, may_see_webhooks
from clg import codes
from clg.actions.webhook import (
    NewEndpoint,
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    ping_endpoint,
    replay_deliveries,
    replay_range,
    rotate_secret,
)
from clg.api.doors import Asked, ReadDoor, actor_of
from clg.api.errors import IfMatchRequired, VersionMismatch
from clg.api.fields import Moment, PublicId, Text
from clg.api.outputs import Output
from clg.api.writing import write
from clg.choices import DisabledReason, EndpointState, WorkState
from clg.errors import NotFound
from clg.models import WebhookDelivery, WebhookEndpoint

SCOPE: Final = "webhooks:manage"


class EndpointOutput(Output):
    """One address that is told of events."""

    id = PublicId()
    version = serializers.IntegerField(read_only=True)
    url = serializers.CharField(read_only=True)
    description = Text()
    event_types = serializers.ListField(child=serializers.CharField(), read_only=True)
    exclude_own = serializers.BooleanField(read_only=True, help_text="Leave out what the owner's source changed.")
    state = serializers.ChoiceField(choices=EndpointState.choices, read_only=True)
    disabled_reason = serializers.SerializerMethodField()
    created_at = Moment(read_only=True)
    active_since = Moment(read_only=True, allow_null=True)
    former_secret_until = Moment(read_only=True, allow_null=True, source="former_until")

    def get_disabled_reason(self, row: WebhookEndpoint) -> str | None:
        """gone, failing or by_hand; null while it is not disabled."""
        return DisabledReason(row.disabled_reason).value if row.disabled_reason else None


class NewEndpointOutput(EndpointOutput):
    """An endpoint with the secret that signs its calls, shown this once."""

    secret = serializers.CharField(read_only=True)


class DeliveryOutput(Output):
    """One event, or a ping, on its way to an endpoint."""

    id = PublicId()
    message_id = serializers.CharField(read_only=True, help_text="The webhook-id: constant over attempts and replays.")
    type = serializers.CharField(read_only=True, source="__str__")
    cause = Text(help_text="ping:... or replay:...; null for an event's first delivery")
    state = serializers.ChoiceField(choices=WorkState.choices, read_only=True)
    attempts = serializers.IntegerField(read_only=True)
    next_attempt_at = serializers.SerializerMethodField()
    attempted_at = Moment(read_only=True, allow_null=True)
    finished_at = Moment(read_only=True, allow_null=True)
    status = serializers.IntegerField(read_only=True, allow_null=True, help_text="Of the last answer.")
    latency_ms = serializers.IntegerField(read_only=True, allow_null=True)
    error = Text(help_text="Why there was no answer, in a word.")

    def get_next_attempt_at(self, row: WebhookDelivery) -> str | None:
        """When it is tried again; null when it waits no more."""
        return Moment().to_representation(row.run_after) if row.state == WorkState.PENDING else None


class ReplayOutput(Output):
    """How many deliveries were made."""

    deliveries = serializers.IntegerField(read_only=True)


NO_BODY: Final[Any] = None


class WebhookEndpoints(ReadDoor[WebhookEndpoint]):
    """The caller's endpoints; administrators see all."""

    resource = "webhook-endpoints"
    model = WebhookEndpoint
    output = EndpointOutput
    may = may_see_webhooks
    scope = SCOPE
    outputs: ClassVar = {
        "create": NewEndpointOutput,
        "change": EndpointOutput,
        "remove": NO_BODY,
        "ping": DeliveryOutput,
        "rotate": NewEndpointOutput,
        "replay": ReplayOutput,
    }
    inputs: ClassVar = {"create": NEW, "change": CHANGE, "replay": REPLAY}
    needs_key: ClassVar = ("create", "replay")
    needs_version: ClassVar = ("change", "remove")
    _STATUSES: ClassVar = {"create": 201, "remove": 204, "ping": 202, "replay": 202}

    def asked(self) -> Asked:
        if self.action in self.outputs:
            return Asked(may_manage_webhooks, SCOPE, "write")
        return super().asked()

    def statuses_of_call(self) -> tuple[int, ...]:
        return (self._STATUSES.get(self.action, 200),)

    def create(self, request: Request) -> Response | HttpResponse:
        """Register an address; it is told of events once it answered its first ping with a 2xx."""
        values = checked(request.data, NEW)
        owner = actor_of(request.user)
        return self._write(lambda: self._new(create_endpoint(owner=owner, by=owner, **values)))

    def change(self, request: Request, public_id: str) -> Response | HttpResponse:
        """Change it; a new address must answer a ping before it is told more."""
        values = checked(request.data, CHANGE)

        def handle() -> Response:
            row = self._matched(public_id)
            return self._told(change_endpoint(endpoint=row, values=values, by=actor_of(request.user)))

        return self._write(handle)

    def remove(self, request: Request, public_id: str) -> Response | HttpResponse:
        """End it, with its deliveries."""

        def handle() -> Response:
            delete_endpoint(endpoint=self._matched(public_id), by=actor_of(request.user))
            return Response(status=204)

        return self._write(handle)

    def ping(self, request: Request, public_id: str) -> Response | HttpResponse:
        """Send a ping; with a 2xx an endpoint that waits or was disabled becomes active."""

        def handle() -> Response:
            made = ping_endpoint(endpoint=self._locked(public_id), by=actor_of(request.user))
            return Response(DeliveryOutput(made).data, status=202)

        return self._write(handle)

    def rotate(self, request: Request, public_id: str) -> Response | HttpResponse:
        """A new secret; the former one signs beside it for 24 hours."""
        by = actor_of(request.user)
        return self._write(
            lambda: self._new(rotate_secret(endpoint=self._locked(public_id), by=by, at=timezone.now()), status=200)
        )

    def replay(self, request: Request, public_id: str) -> Response | HttpResponse:
        """Send a range of events, or the events of some deliveries, once more; at most 10,000."""
        values, by = checked(request.data, REPLAY), actor_of(request.user)

        def handle() -> Response:
            row = self._locked(public_id)
            if "delivery_ids" in values:
                keys = [codes.decode("whd", text) for text in values["delivery_ids"]]
                count = replay_deliveries(endpoint=row, deliveries=[key for key in keys if key], by=by)
            else:
                count = replay_range(endpoint=row, first=values["from_position"], last=values["to_position"], by=by)
            return Response({"deliveries": count}, status=202)

        return self._write(handle)

    def _write(self, handle: Callable[[], Response]) -> Response | HttpResponse:
        return write(
            self.request,
            principal=actor_of(self.request.user),
            handle=handle,
            key_required=self.action in self.needs_key,
        )

    def _new(self, made: NewEndpoint, *, status: int = 201) -> Response:
        body = {**EndpointOutput(made.endpoint).data, "secret": made.secret}
        return Response(body, status=status, headers={"ETag": f'"v{made.endpoint.version}"'})

    def _told(self, row: WebhookEndpoint) -> Response:
        return Response(EndpointOutput(row).data, headers={"ETag": f'"v{row.version}"'})

    def _locked(self, public_id: str) -> WebhookEndpoint:
        """The row in sight, locked until the answer is stored. Raises `NotFound`."""
        seen = self.row_named(public_id)
        row: WebhookEndpoint = self.rows().select_for_update(no_key=True).filter(pk=seen.pk).first() or seen
        return row

    def _matched(self, public_id: str) -> WebhookEndpoint:
        """The locked row, in the version that the caller has read. Raises `IfMatchRequired`, `VersionMismatch`."""
        row, tag = self._locked(public_id), self.request.headers.get("If-Match")
        if tag is None:
            raise IfMatchRequired
        if tag.strip() != f'"v{row.version}"':
            raise VersionMismatch(data={"current_version": row.version})
        return row


class WebhookDeliveries(ReadDoor[WebhookDelivery]):
    """The deliveries to one endpoint in sight."""

    resource = "webhook-deliveries"
    model = WebhookDelivery
    output = DeliveryOutput
    may = may_see_webhooks
    scope = SCOPE

    def rows(self) -> Any:
        key = codes.decode(WebhookEndpoint.PUBLIC_PREFIX, self.kwargs["public_id"])
        return super().rows().of_endpoint(key)

    def with_output(self, rows: Any) -> Any:
        return rows.select_related("event")

    def page(self, request: Request, **path: str) -> Response:
        """One page of the deliveries, oldest first."""
        endpoints = WebhookEndpoint.objects.visible_to(request.user)
        key = codes.decode(WebhookEndpoint.PUBLIC_PREFIX, path["public_id"])
        if key is None or not endpoints.known_by([key]).exists():
            raise NotFound("There is nothing here, or nothing that you may see.")
        return super().page(request)
