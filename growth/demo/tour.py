"""What to look at first: addresses into the running demo, chosen from its own rows."""

from __future__ import annotations

from django.db.models import Count
from django.urls import reverse

from accounts.choices import Outcome
from accounts.models import Opportunity
from advocacy.choices import Band
from advocacy.models import Readiness, Touch


def first_stops() -> list[tuple[str, str]]:
    """Pairs of (what you see there, path)."""
    stops = [
        ("Monday's home page: the pool, what is ready, what it earned", reverse("admin:index")),
        ("Champions by readiness, and why each has its score", reverse("admin:advocacy_champion_changelist")),
    ]
    best = Readiness.objects.filter(band=Band.READY).order_by("-score", "champion_id").first()
    if best is not None:
        path = reverse("admin:advocacy_champion_change", args=[best.champion_id])
        stops.append(("The readiest champion, part by part", path))
    deal = _most_touched_deal()
    if deal is not None:
        path = reverse("admin:accounts_opportunity_change", args=[deal])
        stops.append(("A won deal: who touched it, what each model credits, and why", path))
    return stops


def _most_touched_deal() -> int | None:
    touched = Touch.objects.counting().filter(opportunity__in=Opportunity.objects.filter(outcome=Outcome.WON))
    counted = touched.values("opportunity_id").annotate(touches=Count("id")).order_by("-touches", "opportunity_id")
    row = counted.first()
    return int(row["opportunity_id"]) if row else None
