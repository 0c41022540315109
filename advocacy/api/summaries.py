"""`/api/v1/attribution-summaries` and `/attribution-headlines`: figures of one question at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.synced import source_of
from accounts.external_ids import names_in
from accounts.models import Account
from advocacy.api.champion_refs import title_of
from advocacy.api.models import model_keyed
from advocacy.api.money import Money, money
from advocacy.attribution import summaries
from advocacy.attribution.cohorts import PATTERN, Cohort, read_cohort
from advocacy.attribution.summaries import GROUPINGS, PARTICIPATION_GROUPINGS, Headline, Row, Summary
from advocacy.choices import Question, Rung
from advocacy.models import Activity, AttributionModel, Champion, CreditHead
from advocacy.permissions import may_list_by_champion, may_see_attribution
from clg import codes
from clg.api import parameters
from clg.api.doors import Door
from clg.api.errors import ModelRequired
from clg.api.fields import RelatedId
from clg.api.outputs import Output
from clg.api.parameters import Form, Parameter, refused

LEFT_OUT_SHOWN: Final = 200
_COHORT = Parameter(
    "cohort",
    Form(read_cohort, {"type": "string", "pattern": PATTERN}),
    "`opened:2026-Q1` pipeline, `won:2026-Q1` revenue, `open`; none = all deals.",
)
_MODEL = Parameter("model", parameters.KEY, "Key of exactly one model.", required=True)
_GROUP_BY = Parameter("group_by", parameters.one_of(GROUPINGS, default="total"), "What the rows are about.")
_MEASURE = Parameter(
    "measure",
    parameters.one_of(["credited", "participation"], default="credited"),
    "`participation` gives each key the whole deal, so its rows do not add up; by champion, activity or its kind only.",
)


class SummaryRow(Output):
    """One group. `key` is null for what no touch earned."""

    key = serializers.CharField(read_only=True, allow_null=True)
    name = serializers.CharField(read_only=True, allow_null=True)
    deals = serializers.IntegerField(read_only=True)
    credited = Money()
    unattributed = Money()
    weak_share = serializers.CharField(read_only=True, help_text="Of `credited`, on rungs that know no person.")


class LeftOut(Output):
    """A deal that the figures cannot hold, and why."""

    opportunity_id = RelatedId()
    opportunity_external_id = serializers.CharField(read_only=True, allow_null=True)
    reason = serializers.CharField(read_only=True)
    basis = Money()


class SummaryOutput(Output):
    """Rows of one grouping. In an additive one credited + unattributed over all rows = `control_total`."""

    model = serializers.CharField(read_only=True)
    question = serializers.ChoiceField(choices=Question.choices, read_only=True)
    group_by = serializers.CharField(read_only=True)
    measure = serializers.CharField(read_only=True)
    additive = serializers.BooleanField(read_only=True)
    rows = SummaryRow(many=True)
    control_total = Money()
    left_out = LeftOut(many=True)
    left_out_count = serializers.IntegerField(read_only=True)


class HeadlineOutput(Output):
    """Basis of some deals, each once."""

    amount = serializers.CharField(read_only=True)
    currency = serializers.CharField(read_only=True)
    deals = serializers.IntegerField(read_only=True)


class HeadlinesOutput(Output):
    """Two questions and a measure beside them. There is no total over them."""

    sourced = HeadlineOutput(allow_null=True)
    influenced = HeadlineOutput(allow_null=True)
    own_advocacy = HeadlineOutput(allow_null=True)


class AttributionSummaries(Door):
    """Credit by one grouping, under one model."""

    may = may_see_attribution
    scope = "attribution:read"
    output = SummaryOutput
    operation = "summarizeAttribution"

    def parameters(self) -> Sequence[Parameter]:
        return (_MODEL, _GROUP_BY, _COHORT, _MEASURE)

    def get(self, request: Request) -> Response:
        """Rows of the grouping with their control total; the default grouping is the total."""
        model = self._model()
        group_by = self.values.get("group_by", "total")
        measure = self.values.get("measure", "credited")
        self._refuse_hidden(group_by, measure)
        heads = heads_for(request.user, model, self.values.get("cohort"))
        count = summaries.summarise if measure == "credited" else summaries.participate
        summary = count(heads, group_by=group_by)
        body = {"model": model.key, "question": model.question, "group_by": group_by, "measure": measure}
        return Response({**body, **_written(summary, group_by, request.user)})

    def _model(self) -> AttributionModel:
        key = self.values.get("model", "")
        if not key or "," in key:
            raise ModelRequired
        return model_keyed(AttributionModel.objects.visible_to(self.request.user), key)

    def _refuse_hidden(self, group_by: str, measure: str) -> None:
        if group_by == "champion":
            self.admit(may_list_by_champion, "champions:read")
        if measure == "participation" and group_by not in PARTICIPATION_GROUPINGS:
            raise refused("group_by", f"With participation send one of: {', '.join(PARTICIPATION_GROUPINGS)}.")


class AttributionHeadlines(Door):
    """What was sourced, what was influenced, and what customers did on their own deals."""

    may = may_see_attribution
    scope = "attribution:read"
    output = HeadlinesOutput
    operation = "readAttributionHeadlines"

    def parameters(self) -> Sequence[Parameter]:
        return (_COHORT,)

    def get(self, request: Request) -> Response:
        """Each question under its default model."""
        heads = {question: self._heads(question) for question in Question}
        influenced = heads[Question.INFLUENCED]
        return Response(
            {
                "sourced": _headline(heads[Question.SOURCED], summaries.headline),
                "influenced": _headline(influenced, summaries.headline),
                "own_advocacy": _headline(influenced, summaries.own_advocacy),
            }
        )

    def _heads(self, question: Question) -> Any:
        model = summaries.default_model(question)
        return None if model is None else heads_for(self.request.user, model, self.values.get("cohort"))


def heads_for(reader: Any, model: AttributionModel, cohort: Cohort | None) -> Any:
    """Heads of one model in scope, of the deals that the reader sees and the cohort holds."""
    heads = CreditHead.objects.visible_to(reader).in_scope().filter(model=model)
    return heads.in_cohort(cohort) if cohort else heads


def _headline(heads: Any, measure: Callable[[Any], Headline]) -> dict[str, Any] | None:
    if heads is None:
        return None
    found = measure(heads)
    shown = money(found.amount, settings.CLG_CURRENCY)
    return {**(shown or {}), "deals": found.deals}


def _written(summary: Summary, group_by: str, reader: Any) -> dict[str, Any]:
    names = _key_names(group_by, [row.key for row in summary.rows if row.key is not None], reader)
    return {
        "additive": summary.additive,
        "rows": [_row(row, names) for row in summary.rows],
        "control_total": money(summary.control_total, settings.CLG_CURRENCY),
        "left_out": _left_out(summary.left_out[:LEFT_OUT_SHOWN], reader),
        "left_out_count": summary.left_out.count(),
    }


def _row(row: Row, names: Mapping[Any, tuple[str, str | None]]) -> dict[str, Any]:
    key, name = names.get(row.key, (None, None))
    return {
        "key": key,
        "name": name,
        "deals": row.deals,
        "credited": money(row.credited, settings.CLG_CURRENCY),
        "unattributed": money(row.unattributed, settings.CLG_CURRENCY),
        "weak_share": f"{row.weak / row.credited if row.credited else 0:.6f}",
    }


def _left_out(heads: Iterable[CreditHead], reader: Any) -> list[dict[str, Any]]:
    found = list(heads)
    names = names_in(source_of(reader), opportunity=[head.opportunity_id for head in found])
    return [
        {
            "opportunity_id": codes.name_of(head.opportunity),
            "opportunity_external_id": names.get(("opportunity", head.opportunity_id)),
            "reason": "fx_missing",
            "basis": money(head.credit_set.basis_minor, head.credit_set.currency),
        }
        for head in found
    ]


def _key_names(group_by: str, keys: Sequence[Any], reader: Any) -> dict[Any, tuple[str, str | None]]:
    """What each key is called outside, and its name for people where the reader may know it."""
    if group_by == "account":
        return {row.pk: (codes.name_of(row), row.name or None) for row in Account.objects.filter(pk__in=keys)}
    if group_by == "activity":
        acts = Activity.objects.filter(pk__in=keys).select_related("champion__account")
        return {row.pk: (codes.name_of(row), title_of(row, reader)) for row in acts}
    if group_by == "champion":
        return {row.pk: (codes.name_of(row), None) for row in Champion.objects.filter(pk__in=keys)}
    if group_by == "rung":
        return {key: (str(Rung(key).label), None) for key in keys}
    if group_by == "quarter":
        return {key: (f"{key.year}-Q{(key.month + 2) // 3}", None) for key in keys}
    return {key: (str(key), None) for key in keys}
