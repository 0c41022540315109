"""Grants: who allows which use, within which terms, shown by what, and where it is used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from advocacy.admin.grant_acts import GRANT_ACTS
from advocacy.admin.words import grant_tag
from advocacy.choices import Audience, Grantor, GrantState, Use
from advocacy.models import Grant
from advocacy.permissions import knows_everybody, may_know_champion, may_see_grants, sees_everything
from clg import wording
from clg.admin import QuestionFilter, ReadOnlyAdmin, Rights, Rows, Way, WithSavedFilters, cells

_ENDING_DAYS = 60


class GrantStateFilter(QuestionFilter):
    title = "Where does it stand?"
    parameter_name = "state"
    answers: ClassVar[dict[str, str]] = {"force": "In force today", **dict(GrantState.choices)}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        today = timezone.now().date()
        return queryset.in_force(today) if answer == "force" else queryset.filter(state=answer)


class GrantorFilter(QuestionFilter):
    title = "Whose key is it?"
    parameter_name = "grantor"
    answers = dict(Grantor.choices)


class GrantUseFilter(QuestionFilter):
    title = "What for?"
    parameter_name = "use"
    answers = dict(Use.choices)


class EndingFilter(QuestionFilter):
    title = "How long does it last?"
    parameter_name = "ends"
    answers: ClassVar[dict[str, str]] = {
        str(_ENDING_DAYS): f"Ends in {_ENDING_DAYS} days",
        "never": "In use with neither end nor review",
    }

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        today = timezone.now().date()
        if answer == "never":
            return queryset.in_force(today).endless_in_use()
        return queryset.in_force(today).ending_by(today + timedelta(days=_ENDING_DAYS))


def may_open_grant(reader: Any, row: Grant) -> bool:
    """A person's grant leads to the person; a company's is open to whoever sees it."""
    return row.champion is None or bool(may_know_champion(reader, row.champion))


@admin.register(Grant)
class GrantAdmin(WithSavedFilters, ReadOnlyAdmin[Grant]):
    """Terms never change: a change is a newer grant. Moved by its acts alone."""

    rights = Rights(see=may_see_grants, open_row=may_open_grant)
    acts = GRANT_ACTS
    empty_answers: ClassVar[dict[str, tuple[str, str]]] = {
        f"ends={_ENDING_DAYS}": ("No grant ends soon", "Grants in force that end within 60 days come up here."),
        "ends=never": ("Every grant in use has an end", "Grants in use with neither an end nor a review come up here."),
    }
    empty_title = "No grant yet"
    empty_text = "A grant is a key: the person is willing, or the company allows it. Most uses need both."
    empty_ways = (Way("Choose a champion", "advocacy.champion"),)

    list_display = ("who", "use", "state_word", "identity", "audience", "ends", "places", "proof_kind")
    list_display_links = ("who",)
    list_filter = (GrantStateFilter, GrantorFilter, GrantUseFilter, EndingFilter)
    search_help_text = "Company or name"
    ordering = ("-created_at", "-id")
    fieldsets = (
        ("What is granted", {"fields": (("grantor", "use"), ("identity", "basis"), ("valid_from", "valid_until"))}),
        (
            "Within which limits",
            {
                "fields": (
                    "products",
                    ("regions", "languages", "campaigns"),
                    ("audiences", "channels", "never_to_domains"),
                    ("cap_count", "cap_minutes", "cap_days"),
                )
            },
        ),
        (
            "When it ends by itself",
            {"fields": ("review_on", ("ends_at_churn", "ends_at_job_change", "ends_on_merger"))},
        ),
        (
            "What shows it",
            {
                "fields": (
                    ("signer_name", "signer_authority"),
                    ("proof_kind", "proof_file"),
                    "proof_text",
                    ("wording_version", "wording_sha256"),
                    ("decided_at", "ended_at"),
                )
            },
        ),
    )

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.for_list(reader)

    def suggested(self, row: Any) -> str:
        return f"{row.shown_grantor} · {row.get_use_display()}"

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Names of persons only for who knows everybody; companies for who sees them all."""
        companies = ("account__name", "champion__account__name")
        if knows_everybody(request.user):
            return (*companies, "champion__contact__first_name", "champion__contact__last_name")
        return companies if sees_everything(request.user) else ("account__name",)

    @display(description="Grantor", ordering="shown_grantor", header=True)
    def who(self, row: Any) -> list[str]:
        return [row.shown_grantor, row.get_grantor_display()]

    @display(description="State", ordering="state")
    def state_word(self, row: Grant) -> SafeString:
        return grant_tag(row.state)

    @display(description="Audience")
    def audience(self, row: Grant) -> str:
        return ", ".join(str(Audience(code).label) for code in row.audiences) or "Any"

    @display(description="Ends", ordering=F("valid_until").asc(nulls_last=True))
    def ends(self, row: Grant) -> SafeString:
        return cells.near_day(row.valid_until, self.now())

    @display(description="Places of use", ordering="place_count")
    def places(self, row: Any) -> SafeString:
        return cells.figure(wording.number(row.place_count))
