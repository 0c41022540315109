"""The pool: who is ready to be a reference, and one champion's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from advocacy.admin.asking_acts import ASKING_ACTS
from advocacy.admin.champion_acts import CHAMPION_ACTS
from advocacy.admin.words import score_cell, standing_tag
from advocacy.choices import Band, ChampionSource, Standing
from advocacy.models import Champion
from advocacy.permissions import (
    knows_everybody,
    may_export_pool,
    may_know_champion,
    may_run_pool,
    may_see_people,
    may_see_pool,
    sees_everything,
)
from clg import wording
from clg.admin import (
    Column,
    ProductAdmin,
    QuestionFilter,
    Rights,
    Rows,
    Way,
    WithBulkActs,
    WithExport,
    WithSavedFilters,
    cells,
)
from clg.permissions import Verdict


class StandingFilter(QuestionFilter):
    title = "Where do they stand?"
    parameter_name = "standing"
    answers: ClassVar[dict[str, str]] = {"pool": "In the pool, not retired", **dict(Standing.choices)}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.in_pool() if answer == "pool" else queryset.filter(standing=answer)


class BandFilter(QuestionFilter):
    title = "Are they ready?"
    parameter_name = "band"
    answers = dict(Band.choices)

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.in_band(answer)


class ActedFilter(QuestionFilter):
    title = "When did they last help?"
    parameter_name = "acted"
    answers: ClassVar[dict[str, str]] = {"90": "In the last 90 days", "never": "Never so far"}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        if answer == "never":
            return queryset.never_active()
        return queryset.active_since(timezone.now() - timedelta(days=90))


class SourceFilter(QuestionFilter):
    title = "How did they come in?"
    parameter_name = "source"
    answers = dict(ChampionSource.choices)


class MoverFilter(QuestionFilter):
    title = "Which way do they move?"
    parameter_name = "moved"
    answers: ClassVar[dict[str, str]] = {"up": "Up in 30 days", "down": "Down in 30 days"}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.movers(timezone.now(), up=answer == "up")


def _scored(name: str) -> Callable[[Any], Any]:
    """A figure of the readiness, unknown for who was never scored."""
    return lambda row: getattr(getattr(row, "readiness", None), name, None)


# Contact details are not among them: each reading of those is one person's, on their page.
EXPORTED = (
    Column("Champion", lambda row: row.shown_name),
    Column("Account", lambda row: str(row.account)),
    Column("Standing", lambda row: row.get_standing_display()),
    Column("Standing since", lambda row: row.standing_since),
    Column("Readiness", _scored("score")),
    Column("Band", _scored("band")),
    Column("Confidence", _scored("confidence")),
    Column("Moved in 30 days", lambda row: row.score_moved),
    Column("Last activity", lambda row: row.last_activity_at),
    Column("CSM", lambda row: str(row.account.csm) if row.account.csm else None),
    Column("Id", lambda row: row.name_outside),
)


@admin.register(Champion)
class ChampionAdmin(WithBulkActs, WithSavedFilters, WithExport, ProductAdmin[Champion]):
    rights = Rights(see=may_see_pool, open=may_see_people, open_row=may_know_champion, edit=may_run_pool)
    acts = (*CHAMPION_ACTS, *ASKING_ACTS)
    bulk_acts = CHAMPION_ACTS
    export_columns = EXPORTED
    empty_answers: ClassVar[dict[str, tuple[str, str]]] = {
        "standing=nominated": (
            "No nomination waits",
            "Whom a seller, a CSM or you nominate comes up here for a yes or no. Contacts are nominated on their page.",
        )
    }
    empty_title = "Nobody is in the pool yet"
    empty_text = "A champion is a contact at a customer who would speak for you, born by a nomination."
    empty_ways = (Way("Choose a contact to nominate", "accounts.contact"),)

    list_display = ("name", "account", "standing_word", "readiness_cell", "confidence", "last_activity", "csm")
    list_display_links = ("name",)
    search_help_text = "Name or company"
    list_filter = (StandingFilter, BandFilter, MoverFilter, ActedFilter, SourceFilter)
    autocomplete_fields = ("products",)
    readonly_fields = ("contact", "account", "standing", "source", "nominated_by", "nomination_text")
    fieldsets = (
        (
            "Reaching them",
            {
                "classes": ["tab"],
                "fields": (
                    ("reach_via", "channel"),
                    ("time_zone", "notice_days"),
                    ("hours_from", "hours_to"),
                    ("languages", "own_minutes_limit"),
                ),
            },
        ),
        (
            "What they speak about",
            {
                "classes": ["tab"],
                "fields": (
                    "products",
                    "use_cases",
                    "competitor_replaced",
                    ("topics_glad", "topics_avoid"),
                    "competitors",
                ),
            },
        ),
        ("How they came in", {"classes": ["tab"], "fields": (("source", "nominated_by"), "nomination_text")}),
    )

    def suggested(self, row: Any) -> str:
        return f"{row.shown_name} · {row.account}"

    def may_export(self, reader: Any) -> Verdict:
        return may_export_pool(reader)

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.for_list(reader, timezone.now())

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """Whom to ask first: the pool before the retired, the known before the unknown, the readiest first."""
        return ("list_rank", F("readiness__score").desc(nulls_last=True), "id")

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """A reader who does not know everybody in sight cannot find them by name either."""
        if knows_everybody(request.user) or not sees_everything(request.user):
            # A CSM's sight are the champions of the accounts in care, whom a CSM knows.
            return ("contact__first_name", "contact__last_name", "contact__email", "account__name")
        return ("account__name",)

    @display(description="Champion", ordering="shown_name", header=True)
    def name(self, row: Any) -> list[str]:
        return [row.shown_name, "", cells.initials(row.shown_name)]

    @display(description="Standing", ordering="standing")
    def standing_word(self, row: Champion) -> SafeString:
        return standing_tag(row)

    @display(description="Readiness", ordering=F("readiness__score").asc(nulls_first=True))
    def readiness_cell(self, row: Any) -> SafeString:
        return score_cell(getattr(row, "readiness", None), row.score_moved)

    @display(description="Confidence", ordering="readiness__confidence")
    def confidence(self, row: Champion) -> SafeString:
        readiness = getattr(row, "readiness", None)
        return cells.figure(wording.number(readiness.confidence)) if readiness else cells.QUIET

    @display(description="Last activity", ordering="last_activity_at")
    def last_activity(self, row: Any) -> SafeString:
        return cells.near(row.last_activity_at, self.now())

    @display(description="CSM", ordering="account__csm__name")
    def csm(self, row: Champion) -> str:
        return str(row.account.csm) if row.account.csm else wording.UNKNOWN
