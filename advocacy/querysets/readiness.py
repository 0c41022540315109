"""Reading scores, their history and the weights."""

from __future__ import annotations

from typing import Any, Self

from django.db import models

from accounts.models import Account
from advocacy.permissions import may_view_weights, sees_everything


class ReadinessQuerySet(models.QuerySet[Any]):
    """Scores and their changes: seen by whoever sees the champion."""

    def visible_to(self, user: Any) -> Self:
        if sees_everything(user):
            return self
        return self.filter(champion__account__in=Account.objects.visible_to(user))


class WeightsQuerySet(models.QuerySet[Any]):
    """Weight sets: the same for everybody who may look at them."""

    def visible_to(self, user: Any) -> Self:
        return self if may_view_weights(user) else self.none()
