"""The outbox, its consumers, and what these could not handle: shown from here, as the ground floor knows no roles."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.permissions import may_see_outbox, may_settle_failures
from clg import wording
from clg.admin import Act, QuestionFilter, ReadOnlyAdmin, Rights, Rows, WithBulkActs, cells
from clg.events.failures import retry_failure, skip_failure
from clg.events.kinds import kinds
from clg.models import ConsumerFailure, FeedConsumer, OutboxEvent

RETRY = Act(
    "retry",
    "Try again",
    "The consumer gets the event once more. When it works, the failure is gone; otherwise nothing changes.",
    "Handled.",
    lambda row, answers, by, at: retry_failure(failure=row),
    lambda row, reader: True,
    tone="primary",
    may=may_settle_failures,
)
SKIP = Act(
    "skip",
    "Let it go",
    "The consumer will never handle this event. The security log keeps who decided it.",
    "Let go.",
    lambda row, answers, by, at: skip_failure(failure=row),
    lambda row, reader: True,
    tone="danger",
    may=may_settle_failures,
)


class KindFilter(QuestionFilter):
    title = "What happened to what?"
    parameter_name = "kind"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.name, kind.name.replace("_", " ").capitalize()) for kind in kinds()]

    def narrowed(self, queryset: Any, answer: str) -> Any:
        return queryset.filter(type__startswith=f"{answer}.")


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin[OutboxEvent]):
    rights = Rights(see=may_see_outbox)
    empty_title = "Nothing has happened yet"
    empty_text = "Every change writes one event here; consumers, the change feed and webhooks read them."

    list_display = ("moment", "place", "type", "object_name", "version", "fields_named", "caused_by")
    list_display_links = ("moment",)
    list_filter = (KindFilter,)
    ordering = ("-id",)
    fields = (
        ("type", "version"),
        ("object_type", "object_id"),
        "changed_fields",
        "refs",
        ("origin_kind", "origin_actor"),
        ("origin_source", "trace_id"),
        ("occurred_at", "position"),
    )

    def in_sight(self, reader: Any) -> QuerySet[OutboxEvent]:
        rows = OutboxEvent.objects.all()
        return rows if may_see_outbox(reader) else rows.none()

    @display(description="When")
    def moment(self, row: OutboxEvent) -> SafeString:
        return cells.figure(wording.moment(row.occurred_at))

    @display(description="Position")
    def place(self, row: OutboxEvent) -> SafeString:
        return cells.tag("waiting", "info") if row.position is None else cells.figure(wording.number(row.position))

    @display(description="Object")
    def object_name(self, row: OutboxEvent) -> SafeString:
        return cells.code(f"{row.object_type} {row.object_id.hex[:8]}")

    @display(description="What changed")
    def fields_named(self, row: OutboxEvent) -> str:
        return ", ".join(row.changed_fields)

    @display(description="Who caused it")
    def caused_by(self, row: OutboxEvent) -> SafeString:
        return cells.code(" ".join(part for part in (row.origin_actor or row.origin_kind, row.origin_source) if part))


@admin.register(FeedConsumer)
class FeedConsumerAdmin(ReadOnlyAdmin[FeedConsumer]):
    rights = Rights(see=may_see_outbox)
    empty_title = "No consumer has read yet"
    empty_text = "Each internal reader of the outbox stands here with how far it has come."

    list_display = ("name", "place", "still_behind", "waiting", "tries", "error_code", "failures_tag")
    ordering = ("name",)
    fields = ("name", ("position", "fence"), ("lease_until", "attempts"), "last_error")

    def in_sight(self, reader: Any) -> QuerySet[FeedConsumer]:
        rows = FeedConsumer.objects.all()
        return rows if may_see_outbox(reader) else rows.none()

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.with_lag()

    @display(description="Position", ordering="position")
    def place(self, row: Any) -> SafeString:
        return cells.figure(wording.number(row.position))

    @display(description="Behind", ordering="behind")
    def still_behind(self, row: Any) -> SafeString:
        if row.behind == 0:
            return cells.tag("caught up", "good")
        return cells.figure(wording.count(row.behind, "event"))

    @display(description="Next has waited since", ordering="waiting_since")
    def waiting(self, row: Any) -> SafeString:
        return cells.near(row.waiting_since, self.now())

    @display(description="Failed tries", ordering="attempts")
    def tries(self, row: Any) -> SafeString:
        return cells.figure(wording.number(row.attempts))

    @display(description="Last error")
    def error_code(self, row: Any) -> SafeString:
        return cells.code(row.last_error) if row.last_error else cells.QUIET

    @display(description="Put aside", ordering="failure_count")
    def failures_tag(self, row: Any) -> SafeString:
        return cells.tag(wording.count(row.failure_count, "event"), "bad") if row.failure_count else cells.QUIET


@admin.register(ConsumerFailure)
class ConsumerFailureAdmin(WithBulkActs, ReadOnlyAdmin[ConsumerFailure]):
    rights = Rights(see=may_see_outbox)
    empty_title = "Nothing was put aside"
    empty_text = "An event that a consumer fails on eight times comes here, so that the rest can go on."
    acts = (RETRY, SKIP)
    bulk_acts = (RETRY, SKIP)

    list_display = ("moment", "consumer", "event_type", "place", "error_code")
    list_display_links = ("moment",)
    list_select_related = ("consumer", "event")
    ordering = ("-id",)
    fields = ("consumer", "event", "error", "failed_at")

    def in_sight(self, reader: Any) -> QuerySet[ConsumerFailure]:
        rows = ConsumerFailure.objects.select_related("consumer", "event")
        return rows if may_see_outbox(reader) else rows.none()

    @display(description="When", ordering="failed_at")
    def moment(self, row: ConsumerFailure) -> SafeString:
        return cells.figure(wording.moment(row.failed_at))

    @display(description="Event")
    def event_type(self, row: ConsumerFailure) -> str:
        return row.event.type

    @display(description="Position")
    def place(self, row: ConsumerFailure) -> SafeString:
        return cells.figure(wording.number(row.event.position))

    @display(description="Error")
    def error_code(self, row: ConsumerFailure) -> SafeString:
        return cells.code(row.error)
