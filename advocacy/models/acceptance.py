"""What people said of touches that a machine was not sure of. `attribution` section 7, touches to review."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from advocacy.models.attribution import Touch
from clg.guards import versioned


class TouchAcceptance(models.Model):
    """A person looked at a weak or doubled touch and called it right, as it stood. Versioned; current = not superseded.

    Bound to one version of the touch: once it is tied anew by other evidence, it comes up for review again.
    """

    CHANGEABLE: ClassVar = ("superseded_at",)

    touch = models.ForeignKey(Touch, on_delete=models.PROTECT, related_name="acceptances", db_index=False)
    accepted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # The list of touches to review.
            models.UniqueConstraint(
                fields=["touch"], condition=Q(superseded_at=None), name="%(app_label)s_%(class)s_one_current"
            )
        ]
        triggers = [versioned()]

    def __str__(self) -> str:
        return f"acceptance of touch {self.touch_id}"
