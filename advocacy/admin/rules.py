"""The rules of asking: what each use costs, budgets of minutes, days on which nobody is asked. Kept by marketers."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from advocacy.choices import BlackoutScope, BudgetScope, Use
from advocacy.models import BlackoutPeriod, Champion, EffortBudget, UseRule
from advocacy.permissions import may_edit_rules, may_know_champion, may_see_rules
from clg import wording
from clg.admin import ProductAdmin, QuestionFilter, Rights, Rows, cells
from clg.fieldpolicy import may_read


def _opens(reader: Any, row: Any) -> bool:
    """A rule for one champion leads to the person."""
    return row.champion is None or bool(may_know_champion(reader, row.champion))


def _champions(request: Any) -> Rows:
    """Whom a rule may name: the champions in sight, without the order of their own list."""
    return Champion.objects.visible_to(request.user).order_by("pk")


def _covered(row: Any) -> str:
    """Whom a rule covers, as its reader may know it."""
    if row.champion_id:
        return str(row.shown_name)
    place = getattr(row, "segment", "") or getattr(row, "country", "")
    return str(row.account) if row.account_id else place or row.get_scope_display()


@admin.register(UseRule)
class UseRuleAdmin(ProductAdmin[UseRule]):
    """The uses are fixed; what they cost is not. Base acceptance belongs to the weight set, so it is read here."""

    rights = Rights(see=may_see_rules, edit=may_edit_rules)
    empty_title = "No use"
    empty_text = "The uses come with the installation. Run the migrations."

    list_display = ("use", "keys", "takes", "rests", "most", "base")
    list_display_links = ("use",)
    search_fields = ("use",)
    search_help_text = "Use"
    ordering = ("minutes", "use")
    readonly_fields = ("use", "base_percent")
    fieldsets = (
        ("Use", {"fields": ("use", ("needs_person", "needs_company"))}),
        ("What it costs", {"fields": (("minutes", "rest_days", "cap"), "base_percent")}),
    )

    @display(description="Keys")
    def keys(self, row: UseRule) -> str:
        needed = [word for word, needs in (("person", row.needs_person), ("company", row.needs_company)) if needs]
        return " and ".join(needed).capitalize() or "None"

    @display(description="Minutes", ordering="minutes")
    def takes(self, row: UseRule) -> SafeString:
        return cells.figure(wording.number(row.minutes)) if row.minutes else cells.tag("Granted only")

    @display(description="Rest, days", ordering="rest_days")
    def rests(self, row: UseRule) -> SafeString:
        return cells.figure(wording.number(row.rest_days))

    @display(description="Asks in 90 days", ordering="cap")
    def most(self, row: UseRule) -> SafeString:
        return cells.figure(wording.number(row.cap))

    @display(description="Base acceptance", ordering="base_percent")
    def base(self, row: UseRule) -> SafeString:
        return cells.figure(f"{row.base_percent} %") if row.base_percent else cells.QUIET


class BudgetForm(forms.ModelForm):
    """Caps are asks by use; a use that is not named keeps its own cap."""

    class Meta:
        model = EffortBudget
        fields = (
            *("scope", "segment", "account", "champion", "person_minutes", "account_minutes", "max_asks"),
            *("max_open_asks", "use_caps", "valid_from", "valid_until", "reason"),
        )

    def clean_use_caps(self) -> dict[str, int] | None:
        caps = self.cleaned_data["use_caps"]
        if not caps:
            return None
        is_whole = isinstance(caps, dict) and all(
            use in Use.values and type(asks) is int and 0 <= asks <= 1000 for use, asks in caps.items()
        )
        if not is_whole:
            raise forms.ValidationError('Name uses and asks from 0 to 1,000, for instance {"call": 2}.')
        return dict(caps)


class BudgetScopeFilter(QuestionFilter):
    title = "For whom?"
    parameter_name = "scope"
    answers = dict(BudgetScope.choices)


class ValidFilter(QuestionFilter):
    title = "Is it valid?"
    parameter_name = "valid"
    answers: ClassVar[dict[str, str]] = {"1": "Valid today"}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.valid_on(timezone.now().date())


@admin.register(EffortBudget)
class EffortBudgetAdmin(ProductAdmin[EffortBudget]):
    rights = Rights(see=may_see_rules, edit=may_edit_rules, add=may_edit_rules, open_row=_opens)
    form = BudgetForm
    empty_title = "No budget yet"
    empty_text = "A budget limits minutes and asks in 90 days: for everybody, a segment, an account or one champion."

    list_display = ("covered", "scope", "person_minutes", "account_minutes", "max_asks", "max_open_asks", "days")
    list_display_links = ("covered",)
    list_filter = (BudgetScopeFilter, ValidFilter)
    ordering = ("-valid_from", "-id")
    autocomplete_fields = ("account",)
    raw_id_fields = ("champion",)
    fieldsets = (
        ("For whom", {"fields": (("scope", "segment"), ("account", "champion"))}),
        (
            "In 90 days",
            {"fields": (("person_minutes", "account_minutes"), ("max_asks", "max_open_asks"), "use_caps")},
        ),
        ("How long, and why", {"fields": (("valid_from", "valid_until"), "reason")}),
    )

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.for_list(reader)

    def get_field_queryset(self, db: Any, db_field: Any, request: Any) -> Any:
        return _champions(request) if db_field.name == "champion" else super().get_field_queryset(db, db_field, request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.made_by = request.user
        super().save_model(request, obj, form, change)

    @display(description="Covers")
    def covered(self, row: Any) -> str:
        return _covered(row)

    @display(description="Valid", ordering="valid_from")
    def days(self, row: EffortBudget) -> str:
        until = wording.day(row.valid_until) if row.valid_until else "further notice"
        return f"{wording.day(row.valid_from)} to {until}"


class BlackoutForm(forms.ModelForm):
    class Meta:
        model = BlackoutPeriod
        fields = ("scope", "country", "account", "champion", "first_day", "last_day", "reason")

    def clean_country(self) -> str:
        country = str(self.cleaned_data["country"]).upper()
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise forms.ValidationError("Two letters, for instance DE.")
        return country


class BlackoutScopeFilter(QuestionFilter):
    title = "For whom?"
    parameter_name = "scope"
    answers = dict(BlackoutScope.choices)


class OverFilter(QuestionFilter):
    title = "Is it over?"
    parameter_name = "over"
    answers: ClassVar[dict[str, str]] = {"0": "Now or to come"}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.over_after(timezone.now().date())


@admin.register(BlackoutPeriod)
class BlackoutPeriodAdmin(ProductAdmin[BlackoutPeriod]):
    """A person's own wish is read here and changed by nobody of ours."""

    rights = Rights(
        see=may_see_rules,
        edit=may_edit_rules,
        add=may_edit_rules,
        # The page is called by its reason, in words of people.
        open=lambda reader: may_read(reader, BlackoutPeriod, "reason"),
        open_row=_opens,
    )
    form = BlackoutForm
    empty_title = "No blackout"
    empty_text = "On the days of a blackout nobody is asked: everybody, a country, an account or one champion."

    list_display = ("covered", "scope", "first_day", "last_day", "whose")
    list_display_links = ("covered",)
    list_filter = (BlackoutScopeFilter, OverFilter)
    ordering = ("-first_day", "-id")
    autocomplete_fields = ("account",)
    raw_id_fields = ("champion",)
    fieldsets = (
        ("For whom", {"fields": (("scope", "country"), ("account", "champion"))}),
        ("Which days, and why", {"fields": (("first_day", "last_day"), "reason")}),
    )

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.for_list(reader)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj is not None and obj.by_person)

    def get_field_queryset(self, db: Any, db_field: Any, request: Any) -> Any:
        return _champions(request) if db_field.name == "champion" else super().get_field_queryset(db, db_field, request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.made_by = request.user
        super().save_model(request, obj, form, change)

    @display(description="Covers")
    def covered(self, row: Any) -> str:
        return _covered(row)

    @display(description="Whose wish")
    def whose(self, row: BlackoutPeriod) -> SafeString:
        return cells.tag("The person's own", "info") if row.by_person else cells.tag("Ours")
