"""Why a deal's credit is what it is: `/opportunities/{id}/attribution`, also by the caller's own id."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.synced import source_of
from accounts.models import Opportunity
from accounts.principals import ApiPrincipal
from advocacy.api.champion_refs import names_champion, shows_champion
from advocacy.api.explanation_output import ExplanationOutput
from advocacy.api.models import model_keyed
from advocacy.attribution.explain import Reader, explain_deal
from advocacy.attribution.summaries import default_model
from advocacy.choices import Question
from advocacy.models import AttributionModel, AttributionRun
from advocacy.permissions import may_see_attribution
from advocacy.querysets.sight import deals_of
from clg import codes
from clg.api import parameters
from clg.api.doors import Door
from clg.api.errors import ClientRequired
from clg.api.parameters import Parameter
from clg.errors import NotFound

_MODEL = Parameter("model", parameters.KEY, "Key of one model; without it the default influenced one.")
_RUN = Parameter("run_id", parameters.public_id("run"), "The state at this run instead of what holds now.")


class DealExplanation(Door):
    """The explanation of one deal by our id."""

    may = may_see_attribution
    scope = "attribution:read"
    output = ExplanationOutput
    operation = "explainOpportunityAttribution"

    def parameters(self) -> Sequence[Parameter]:
        return (_MODEL, _RUN)

    def get(self, request: Request, public_id: str) -> Response:
        """Who earned which part of the deal, and why."""
        key = codes.decode(Opportunity.PUBLIC_PREFIX, public_id)
        return self.explanation(deals_of(request.user).filter(public_id=key) if key else Opportunity.objects.none())

    def explanation(self, deals: Any) -> Response:
        deal = deals.first()
        if deal is None:
            raise NotFound("There is nothing here, or nothing that you may see.")
        caller = self.request.user
        reader = Reader(
            source=source_of(caller),
            shows=lambda champion: shows_champion(champion, caller),
            names=lambda champion: names_champion(champion, caller),
        )
        found = explain_deal(deal, self._model(), self._run(), at=timezone.now(), reader=reader)
        return Response(ExplanationOutput(found).data)

    def _model(self) -> AttributionModel:
        key = self.values.get("model")
        found = default_model(Question.INFLUENCED) if key is None else None
        return found or model_keyed(AttributionModel.objects.visible_to(self.request.user), key or "")

    def _run(self) -> AttributionRun | None:
        key: uuid.UUID | None = self.values.get("run_id")
        if key is None:
            return None
        run: AttributionRun | None = AttributionRun.objects.visible_to(self.request.user).filter(public_id=key).first()
        if run is None:
            raise NotFound("There is no such run.")
        return run


class DealExplanationByExternalId(DealExplanation):
    """The explanation of one deal by the id of the caller's own source."""

    operation = "explainOpportunityAttributionByExternalId"

    def get(self, request: Request, external_id: str) -> Response:
        """Who earned which part of the deal, and why."""
        if not isinstance(request.user, ApiPrincipal):
            raise ClientRequired
        return self.explanation(deals_of(request.user).known_as(request.user.source, [external_id]))
