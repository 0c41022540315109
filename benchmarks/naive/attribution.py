"""Credit by a loop over deals: fetch, divide with Python fractions, store. Past guards and keys, in its favor."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from fractions import Fraction

from django.db import transaction

from accounts.models import Opportunity
from advocacy.models import AttributionModelVersion, AttributionRun, Credit, CreditSet, OpportunityFact, Touch
from benchmarks.tables import without_triggers
from clg import money

MODELS = ("first", "last", "linear", "u", "decay")


def attribute_by_loop(deals: int, at: dt.datetime) -> None:
    """Divide so many deals under five models and store sets and lines; undone at the end."""
    with without_triggers(), transaction.atomic():
        run = AttributionRun.objects.create(kind="full", branch_id=99, as_of=at)
        version = AttributionModelVersion.objects.select_related("model").order_by("pk")[0]
        for pk in Opportunity.objects.order_by("pk").values_list("pk", flat=True)[:deals]:
            _attribute(run, version, pk, at)
        transaction.set_rollback(True)


def _attribute(run: AttributionRun, version: AttributionModelVersion, pk: int, at: dt.datetime) -> None:
    fact = OpportunityFact.objects.get(opportunity_id=pk, superseded_at=None)
    touches = Touch.objects.filter(opportunity_id=pk, superseded_at=None).order_by(
        "occurred_at", "activity", "encounter"
    )
    since, until = fact.opened_at - dt.timedelta(days=180), fact.closed_at or at
    path = [
        touch
        for touch in touches
        if touch.rung <= 4 and touch.side != "own" and not touch.void_reason and since <= touch.occurred_at <= until
    ]
    basis = money.to_minor(fact.amount or 0, fact.currency)  # type: ignore[arg-type]
    for generation, model in enumerate(MODELS, 1):
        weights = _weights(model, path)
        header = _header(run, version, fact, generation, basis, path, at)
        header.save(force_insert=True)
        amounts = _split(basis, weights)
        micros = _split(1_000_000, weights)
        Credit.objects.bulk_create(
            Credit(
                credit_set=header,
                line_no=line,
                touch=path[line] if path else None,
                unattributed_reason="" if path else "no_touch",
                held=0,
                raw=1,
                credit_micros=micros[line],
                amount_minor=amounts[line],
            )
            for line in range(len(weights))
        )


def _weights(model: str, path: Sequence[Touch]) -> list[Fraction]:
    count = len(path)
    if count == 0:
        return [Fraction(1)]
    match model:
        case "first":
            return [Fraction(int(place == 0)) for place in range(count)]
        case "last":
            return [Fraction(int(place == count - 1)) for place in range(count)]
        case "u" if count > 2:
            middle = Fraction(1, 5) / (count - 2)
            return [Fraction(2, 5) if place in (0, count - 1) else middle for place in range(count)]
        case "decay":
            ages = [(path[-1].occurred_at - touch.occurred_at).total_seconds() / 3600 for touch in path]
            return [Fraction(2 ** (-age / 720)) for age in ages]
        case _:
            return [Fraction(1)] * count


def _split(amount: int, weights: Sequence[Fraction]) -> list[int]:
    """Largest remainder."""
    total = sum(weights)
    exact = [amount * weight / total for weight in weights]
    parts = [int(share) for share in exact]
    for place in sorted(range(len(parts)), key=lambda n: parts[n] - exact[n])[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def _header(
    run: AttributionRun, version: AttributionModelVersion, fact: OpportunityFact, generation: int, basis: int,
    path: Sequence[Touch], at: dt.datetime,
) -> CreditSet:  # fmt: skip
    return CreditSet(
        run=run,
        branch_id=run.branch_id,
        model=version.model,
        model_version=version,
        opportunity_id=fact.opportunity_id,
        generation=generation,
        cause="full",
        state="lines",
        fact=fact,
        as_of=at,
        anchor_at=fact.closed_at,
        path=[touch.pk for touch in path],
        outcome=fact.outcome,
        basis_minor=basis,
        currency=fact.currency,
        reporting_currency="USD",
        raw_total=1,
        fingerprint=uuid.uuid4(),
    )
