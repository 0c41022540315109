"""Rows worth a look in the demo tenant."""

from __future__ import annotations

from advocacy.models import CreditSet, Readiness


def best_scored() -> Readiness:
    """The champion about whom most is known."""
    scored = Readiness.objects.filter(champion__standing="active", score__isnull=False)
    return scored.order_by("-coverage", "id")[0]


def richest_deal() -> CreditSet:
    """Credit of the deal with the longest path under the default influenced model."""
    credited = CreditSet.objects.filter(model__key="influenced-linear", state="lines")
    return max(credited.order_by("id"), key=lambda one: len(one.path))
