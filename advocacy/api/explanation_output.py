"""What the explanation of a deal says. `attribution` section 5."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.choices import Outcome
from advocacy.api.models import RuleParameters
from advocacy.api.money import Money
from advocacy.api.rungs import RUNG_NAMES
from advocacy.attribution.rules import FLAGS, REFUSALS
from advocacy.choices import ActivityKind, Dedupe, Family, Question, SetState, Side, Unattributed
from clg.api.fields import Keyed, Moment
from clg.api.outputs import Output

_RUNGS = [(name, name) for name in RUNG_NAMES]


class ExplainedDeal(Output):
    """The deal as credit sees it."""

    id = serializers.CharField()
    external_id = serializers.CharField(allow_null=True, help_text="Of the caller's source; null for a person.")
    kind = serializers.CharField()
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    opened_at = Moment(allow_null=True)
    closed_at = Moment(allow_null=True)


class ExplainedModel(Output):
    """The rule that divided the deal; nothing but its key while no version of it is active."""

    key = serializers.CharField()
    version = serializers.IntegerField(required=False)
    question = serializers.ChoiceField(choices=Question.choices, required=False)
    family = serializers.ChoiceField(choices=Family.choices, required=False)
    parameters = RuleParameters(required=False)
    anchor = serializers.CharField(required=False, help_text="opened, closed or stage:<code>")
    window_days = serializers.IntegerField(required=False)
    dedupe = serializers.ChoiceField(choices=Dedupe.choices, required=False)
    rungs = serializers.ListField(child=serializers.ChoiceField(choices=_RUNGS), required=False)
    sides = serializers.ListField(child=serializers.ChoiceField(choices=Side.choices), required=False)


class ExplainedRun(Output):
    """The computation that wrote it."""

    id = serializers.CharField()
    as_of = Moment()
    frozen_name = serializers.CharField(allow_null=True)


class ReportingMoney(Money):
    """The basis in reporting money, null without a rate near enough; and the rate."""

    amount = serializers.CharField(allow_null=True)
    rate = serializers.CharField(allow_null=True)
    rate_on = serializers.DateField(allow_null=True)


class Milestones(Keyed):
    """When the deal reached each milestone: `opened`, `closed`, `stage:<code>`."""

    @staticmethod
    def member() -> serializers.Field[Any, Any, Any, Any]:
        return Moment()


class TouchedActivity(Output):
    """The act behind a touch."""

    id = serializers.CharField()
    external_id = serializers.CharField(allow_null=True, help_text="Where the caller's own source recorded it.")
    kind = serializers.ChoiceField(choices=ActivityKind.choices)


class ExplainedActivity(TouchedActivity):
    """The act behind a line."""

    title = serializers.CharField(allow_null=True, help_text="Null without champions:read.")


class ExplainedChampion(Output):
    """Who did it."""

    id = serializers.CharField()
    contact_external_id = serializers.CharField(allow_null=True)


class ExplainedLine(Output):
    """One line of credit with its reason: what a touch earned, or what nothing earned and why."""

    line = serializers.IntegerField()
    touch_id = serializers.CharField(allow_null=True)
    unattributed_reason = serializers.ChoiceField(choices=Unattributed.choices, allow_null=True)
    activity = ExplainedActivity(allow_null=True)
    champion = ExplainedChampion(allow_null=True, help_text="Null without champions:read.")
    occurred_at = Moment(allow_null=True)
    rung = serializers.ChoiceField(choices=_RUNGS, allow_null=True)
    side = serializers.ChoiceField(choices=Side.choices, allow_null=True)
    # A serializer has an attribute of that name itself.
    source = serializers.CharField(allow_null=True, help_text="The kind of row that told us.")  # type: ignore[assignment]
    positions = serializers.ListField(child=serializers.CharField())
    raw = serializers.CharField(help_text="Weight, a whole number.")
    raw_total = serializers.CharField()
    share = serializers.CharField(help_text="Exact fraction `1/3`.")
    credit_micros = serializers.IntegerField(help_text="Share of 1,000,000.")
    amount = serializers.CharField()
    reporting_amount = serializers.CharField(allow_null=True)
    sentence = serializers.CharField()


class RefusedTouch(Output):
    """A touch that was considered and earned nothing."""

    touch_id = serializers.CharField()
    activity = TouchedActivity()
    reason = serializers.ChoiceField(choices=[(name, name) for name in REFUSALS.values()])
    occurred_at = Moment()
    sentence = serializers.CharField()


class SumsOutput(Output):
    """The sums of the lines, and whether they are those of the deal."""

    micros = serializers.IntegerField()
    amount = serializers.CharField()
    reporting_amount = serializers.CharField(allow_null=True)
    adds_up = serializers.BooleanField()


class OtherModel(Output):
    """What another model credits on the same deal."""

    key = serializers.CharField()
    credited_amount = serializers.CharField()
    attribution_id = serializers.CharField()


class GenerationOutput(Output):
    """One time the deal was divided."""

    generation = serializers.IntegerField()
    run_id = serializers.CharField()
    cause = serializers.CharField()


class ExplanationOutput(Output):
    """Every touch considered, accepted or refused, with rule, share and sentence; and the sums that check it.

    A deal out of scope answers with its `scope` and a sentence, without lines and figures.
    """

    deal = ExplainedDeal()
    model = ExplainedModel()
    run = ExplainedRun(allow_null=True)
    attribution_id = serializers.CharField(allow_null=True)
    generation = serializers.IntegerField(allow_null=True)
    scope = serializers.CharField(help_text="`in`, or why the deal is out of scope")
    state = serializers.ChoiceField(choices=SetState.choices, allow_null=True)
    sentence = serializers.CharField(required=False)
    flags = serializers.ListField(child=serializers.ChoiceField(choices=[(flag, flag) for flag in FLAGS]))
    basis = Money(required=False)
    reporting = ReportingMoney(required=False)
    anchor_at = Moment(required=False)
    window_from = Moment(required=False)
    restart_at = Moment(required=False, allow_null=True)
    milestones = Milestones(required=False)
    path = serializers.ListField(child=serializers.CharField(), required=False)
    lines = ExplainedLine(many=True)
    rejected = RefusedTouch(many=True)
    check = SumsOutput(required=False)
    other_models = OtherModel(many=True, required=False)
    history = GenerationOutput(many=True, required=False)
