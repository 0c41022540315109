"""`/api/v1/attributions`: the credit that holds now, one row a (model, deal). `attribution` 7, `crm-sync` 12."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Prefetch
from rest_framework import serializers

from accounts.api.synced import source_of
from accounts.choices import Outcome
from accounts.external_ids import names_in
from advocacy.api.champion_refs import champion_contact_external_id, champion_id, shows_champions, title_of
from advocacy.api.money import Money, money
from advocacy.api.rungs import RUNG_NAMES, rungs
from advocacy.attribution.rules import FLAGS, held_positions, rule_of
from advocacy.choices import ActivityKind, Question, Unattributed
from advocacy.models import Credit, CreditHead, CreditSet
from advocacy.permissions import may_see_attribution
from clg import codes
from clg.api import filters
from clg.api.doors import ReadDoor
from clg.api.fields import Moment, PublicId, RelatedId, moment_text
from clg.api.outputs import Output
from clg.api.parameters import Parameter
from clg.money import as_text

# Filters that would tell which champion is behind a row.
_ABOUT_CHAMPIONS = ("champion_id",)


class CreditedActivity(Output):
    """The act that earned the line."""

    id = PublicId()
    kind = serializers.ChoiceField(choices=ActivityKind.choices, read_only=True)
    title = serializers.CharField(read_only=True, allow_null=True, help_text="Null without champions:read.")


class LineOutput(Output):
    """One line of credit: what a touch earned, or what nothing earned and why."""

    line = serializers.IntegerField(read_only=True)
    touch_id = RelatedId(allow_null=True)
    unattributed_reason = serializers.ChoiceField(choices=Unattributed.choices, read_only=True, allow_null=True)
    activity = CreditedActivity(allow_null=True)
    champion_id = RelatedId(allow_null=True, help_text="Null without champions:read.")
    champion_contact_external_id = serializers.CharField(read_only=True, allow_null=True)
    occurred_at = Moment(allow_null=True)
    rung = serializers.ChoiceField(choices=[(name, name) for name in RUNG_NAMES], read_only=True, allow_null=True)
    positions = serializers.ListField(child=serializers.CharField(), read_only=True)
    credit_micros = serializers.IntegerField(read_only=True, help_text="Share of 1,000,000.")
    amount = serializers.CharField(read_only=True, help_text="In the currency of `basis`.")
    reporting_amount = serializers.CharField(read_only=True, allow_null=True)


class AttributionOutput(Output):
    """All credit of one deal under one model; the lines sum to `basis` and to 1,000,000 exactly."""

    id = PublicId()
    version = serializers.IntegerField(read_only=True)
    model = serializers.CharField(read_only=True)
    model_version = serializers.IntegerField(read_only=True)
    question = serializers.ChoiceField(choices=Question.choices, read_only=True)
    opportunity_id = RelatedId()
    opportunity_external_id = serializers.CharField(read_only=True, allow_null=True)
    outcome = serializers.ChoiceField(choices=Outcome.choices, read_only=True)
    run_id = RelatedId()
    basis = Money()
    reporting = Money(allow_null=True, help_text="Null when no exchange rate was near enough.")
    flags = serializers.ListField(child=serializers.ChoiceField(choices=[(f, f) for f in FLAGS]), read_only=True)
    lines = LineOutput(many=True)

    def to_representation(self, instance: CreditHead) -> dict[str, Any]:
        found = instance.credit_set
        return {
            "id": codes.name_of(instance),
            "version": instance.generation,
            "model": instance.model.key,
            "model_version": found.model_version.number,
            "question": instance.model.question,
            "opportunity_id": codes.name_of(instance.opportunity),
            "opportunity_external_id": self.context["external_names"].get(("opportunity", instance.opportunity_id)),
            "outcome": found.outcome,
            "run_id": codes.name_of(found.run),
            "basis": money(found.basis_minor, found.currency),
            "reporting": money(found.reporting_minor, found.reporting_currency),
            "flags": found.flags,
            "lines": [_line(found, line, self.context) for line in found.lines.all()],
        }


def _line(of: CreditSet, line: Credit, context: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "line": line.line_no,
        "touch_id": codes.name_of(line.touch) if line.touch else None,
        "unattributed_reason": line.unattributed_reason or None,
        **_touched(of, line, context),
        "credit_micros": line.credit_micros,
        "amount": as_text(line.amount_minor, of.currency),
        "reporting_amount": as_text(line.reporting_minor, of.reporting_currency),
    }


def _touched(of: CreditSet, line: Credit, context: Mapping[str, Any]) -> dict[str, Any]:
    """What the line says of its touch; nothing of it where there is none."""
    touch = line.touch
    if touch is None:
        return {**dict.fromkeys(_TOUCHED), "positions": []}
    reader = context["request"].user
    return {
        "activity": {
            "id": codes.name_of(touch.activity),
            "kind": touch.activity_kind,
            "title": title_of(touch.activity, reader),
        },
        "champion_id": champion_id(touch.champion, reader),
        "champion_contact_external_id": champion_contact_external_id(touch.champion, reader, context),
        "occurred_at": moment_text(touch.occurred_at),
        "rung": touch.get_rung_display(),
        "positions": held_positions(rule_of(of.model_version), line.held),
    }


# The act's champion and the touch's are one; each stands where it is asked.
_OF_LINE = ("touch__activity__champion__account", "touch__champion__account")
_TOUCHED = ("activity", "champion_id", "champion_contact_external_id", "occurred_at", "rung")


class AttributionFilters(filters.ApiFilterSet):
    """Without `model` the rows are those of the two default models."""

    model = filters.texts("model__key", "Keys of models, by comma; without it the default model of each question.")
    question = filters.choices("model__question", Question.values)
    opportunity_id = filters.ids("opportunity__public_id", "opp")
    opportunity_external_id = filters.external_ids("of_deals_known_as")
    account_id = filters.ids("opportunity__account__public_id", "acc")
    champion_id = filters.ids("public_id", "cha", method="with_champion", for_reader=True)
    activity_id = filters.ids("touch__activity__public_id", "act", method="with_line")
    activity_kind = filters.choices("touch__activity_kind", ActivityKind.values, method="with_line")
    rung = rungs("with_line", "touch__rung")
    outcome = filters.choices("credit_set__outcome", Outcome.values)
    flag = filters.some("flagged", FLAGS)
    unattributed = filters.truth("unattributed", "Whether a part of the deal was earned by nothing.")
    closed_after = filters.since("credit_set__fact__closed_at")
    closed_before = filters.before("credit_set__fact__closed_at")

    def finished(self, rows: Any, values: Mapping[str, Any]) -> Any:
        return rows if "model" in values else rows.of_default_models()


class Attributions(ReadDoor[CreditHead]):
    """Credit of the deals in sight."""

    resource = "attributions"
    label = "Attribution"
    model = CreditHead
    output = AttributionOutput
    filters = AttributionFilters
    may = may_see_attribution
    scope = "attribution:read"
    relations: ClassVar = ("credit_set__model_version__model", "credit_set__run", "model", "opportunity")

    def rows(self) -> Any:
        return super().rows().in_scope()

    def with_output(self, rows: Any) -> Any:
        lines = Credit.objects.visible_to(self.request.user).select_related(*_OF_LINE)
        return rows.select_related(*self.relations).prefetch_related(Prefetch("credit_set__lines", lines))

    def context_for(self, rows: Sequence[CreditHead]) -> dict[str, Any]:
        touches = [line.touch for row in rows for line in row.credit_set.lines.all() if line.touch]
        names = names_in(
            source_of(self.request.user),
            opportunity=[row.opportunity_id for row in rows],
            contact=[touch.champion.contact_id for touch in touches],
        )
        return {"external_names": names}

    def version_of(self, row: CreditHead) -> int:
        return row.generation

    def filter_parameters(self) -> list[Parameter]:
        found = super().filter_parameters()
        if shows_champions(self.request.user):
            return found
        return [parameter for parameter in found if parameter.name not in _ABOUT_CHAMPIONS]
