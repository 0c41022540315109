"""Readiness by a loop over champions: fetch the signals, weigh them in Python, store score and history."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from accounts.models import Signal
from advocacy.models import Champion, Readiness, ReadinessChange, ReadinessModel


def score_by_loop(champions: int, at: dt.datetime) -> None:
    """Score so many champions one by one: a query for the signals, `update_or_create` for the score, a history row.

    The obvious loop, not the cleverest: nothing is prefetched or kept for a bulk write. Undone at the end.
    """
    monday = (at - dt.timedelta(days=at.weekday())).date()
    with transaction.atomic():
        model = ReadinessModel.objects.get(state="active")
        weights = {weight.kind: weight for weight in model.weights.all()}
        for champion in Champion.objects.select_related("account").order_by("pk")[:champions]:
            newest: dict[str, Signal] = {}
            signals = Signal.objects.filter(
                Q(contact_id=champion.contact_id) | Q(account_id=champion.account_id, contact=None),
                is_current=True,
                observed_at__lte=at,
            ).order_by("-observed_at", "-id")
            for signal in signals:
                newest.setdefault(signal.kind, signal)
            parts = []
            for kind, signal in newest.items():
                weight = weights.get(kind)
                if weight is not None and weight.half_life_days:
                    weeks = (monday - signal.observed_at.date()).days // 7
                    decay = Decimal(0.5) ** (Decimal(7 * weeks) / weight.half_life_days)
                    parts.append((kind, weight.weight, decay, signal))
            total = sum(weight * decay for _, weight, decay, _ in parts)
            points = [(kind, weight * decay * signal.value) for kind, weight, decay, signal in parts]
            score = round(sum(value for _, value in points) / total, 2) if total else None
            told = [{"kind": kind, "points": str(value)} for kind, value in points]
            Readiness.objects.update_or_create(
                champion=champion,
                defaults={
                    "score": score,
                    "coverage": Decimal(100),
                    "confidence": Decimal(100),
                    "band": "warming",
                    "parts": told,
                    "scored_week": monday,
                    "model": model,
                },
            )
            ReadinessChange.objects.create(
                champion=champion, at=at, new_score=score, new_band="warming", parts=told, cause="signal", model=model
            )
        transaction.set_rollback(True)
