"""What to look at first: addresses into the running demo, chosen from its own rows."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Count, QuerySet
from django.urls import reverse

from accounts.choices import Outcome
from advocacy.choices import Band, Question
from advocacy.models import Activity, CreditHead, Readiness


def first_stops() -> list[tuple[str, str]]:
    """Pairs of (what you see there, path)."""
    stops = [
        ("Monday's home page: what waits, who is ready, what it earned", reverse("admin:index")),
        ("Champions by readiness, and why each has its score", reverse("admin:advocacy_champion_changelist")),
    ]
    if champion := _ready_and_proven():
        path = reverse("admin:advocacy_champion_change", args=[champion])
        stops.append(("A champion who is ready and has helped: why, and what each act earned", path))
    if deal := _well_documented_deal():
        path = reverse("admin:accounts_opportunity_change", args=[deal])
        stops.append(("A won deal: who touched it, what each model credits, and why", path))
    return stops


def _ready_and_proven() -> int | None:
    """The champion with most acts among those who are ready."""
    ready = Readiness.objects.filter(band=Band.READY).values("champion")
    acts = Activity.objects.standing().filter(champion__in=ready).values("champion").annotate(acts=Count("pk"))
    row = acts.order_by("-acts", "champion").first()
    return int(row["champion"]) if row else None


def _well_documented_deal() -> int | None:
    """The won deal with most lines of influenced credit: one that was sourced too, where there is one."""
    won = CreditHead.objects.of_default_models().credited().filter(credit_set__outcome=Outcome.WON)
    influenced = won.filter(model__question=Question.INFLUENCED, credit_set__currency=settings.CLG_CURRENCY)
    sourced = won.filter(model__question=Question.SOURCED).values("opportunity")
    return _longest(influenced.filter(opportunity__in=sourced)) or _longest(influenced)


def _longest(heads: QuerySet[CreditHead]) -> int | None:
    longest = heads.annotate(lines=Count("credit_set__lines")).order_by("-lines", "opportunity_id").first()
    return longest.opportunity_id if longest else None
