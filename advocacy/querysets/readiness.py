"""Reading scores, their history and the weights."""

from __future__ import annotations

from typing import Any, Self

from django.db import models

from advocacy.permissions import may_see_weights
from advocacy.querysets.sight import champion_q


class ReadinessQuerySet(models.QuerySet[Any]):
    """Scores and their changes: seen by whoever sees the champion."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(champion_q(principal, prefix="champion__"))


class WeightsQuerySet(models.QuerySet[Any]):
    """Weight sets: the same for everybody who may look at them."""

    def visible_to(self, principal: Any) -> Self:
        return self if may_see_weights(principal) else self.none()
