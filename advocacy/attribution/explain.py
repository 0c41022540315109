"""Explain: one deal under one model, from stored rows alone: every touch considered, accepted or refused, and why.

The answer is one JSON object, the same for command, API and admin; an answer for one line is that line with `deal`,
`model` and `run` beside it. The number of queries does not depend on the number of touches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet, Sum

from accounts.choices import Outcome
from accounts.external_ids import ExternalNames, names_in
from accounts.models import CrmSource, Opportunity
from advocacy.attribution.rules import REFUSALS, RUNGS, Rule, held_positions, rule_of
from advocacy.attribution.sentences import (
    LinePlace,
    line_sentence,
    refusal_sentence,
    scope_sentence,
    unattributed_sentence,
)
from advocacy.attribution.twin import Case, closed_reason
from advocacy.choices import SetState
from advocacy.models import (
    Activity,
    AttributionModel,
    AttributionRun,
    Champion,
    Credit,
    CreditHead,
    CreditSet,
    OpportunityFact,
    Touch,
)
from clg import codes, money

NOT_COMPUTED = "not_computed_yet"


@dataclass(frozen=True)
class Reader:
    """What of the answer depends on who asks: whose external ids, which champions may stand in it, whose acts' titles.

    A title names its champion, so it may need more than the champion's id does.
    """

    source: CrmSource | None = None
    shows: Callable[[Champion], bool] = lambda champion: True
    names: Callable[[Champion], bool] = lambda champion: True

    def own_id(self, activity: Activity) -> str | None:
        """The reader's own id of an act that its source recorded; null for the acts of others."""
        return activity.source_ref if self.source and activity.source == f"crm:{self.source.slug}" else None


EVERYTHING = Reader()


def explain_deal(
    opportunity: Opportunity,
    model: AttributionModel,
    run: AttributionRun | None = None,
    *,
    at: datetime,
    reader: Reader = EVERYTHING,
) -> dict[str, Any]:
    """The stored division of a deal under a model: the one that holds, or the one that held at a run.

    A deal out of scope, or not computed yet at `at`, answers with its `scope` and without lines.
    """
    found = _set_at(opportunity, model, run)
    if found is None or found.state == SetState.CLOSED:
        return _out_of_scope(opportunity, model, found, at=at, reader=reader)
    return Explanation(found, reader).as_object()


def explain_line(credit: Credit, *, reader: Reader = EVERYTHING) -> dict[str, Any]:
    """One ledger line with its deal, model and run."""
    found = _sets().get(pk=credit.credit_set_id)
    explanation = Explanation(found, reader)
    return {
        "deal": explanation.deal(),
        "model": explanation.model(),
        "run": explanation.run(),
        **explanation.line(explanation.credits[credit.line_no - 1]),
    }


def reason_of(rule: Rule, credit: Credit, touch: Touch | None, *, places: int, raw_total: int) -> dict[str, Any]:
    """The stored reason of one line as JSON: built on reading, never stored twice."""
    return {
        "rule": rule.family,
        "positions": held_positions(rule, credit.held) if touch else [],
        "n": places,
        "raw": str(int(credit.raw)),
        "raw_total": str(raw_total),
        "rung": RUNGS[touch.rung] if touch else None,
        "source": touch.source if touch else None,
    }


def _sets() -> QuerySet[CreditSet]:
    return CreditSet.objects.select_related("run", "model", "model_version__model", "fact", "opportunity")


def _set_at(opportunity: Opportunity, model: AttributionModel, run: AttributionRun | None) -> CreditSet | None:
    """The highest generation of the live branch, or the highest written up to a run of its branch."""
    sets = _sets().filter(opportunity=opportunity, model=model, branch_id=run.branch_id if run else 0)
    if run is not None:
        sets = sets.filter(run_id__lte=run.pk)
    return sets.order_by("-generation").first()


class Explanation:
    """One set of state `lines`, read with a constant number of queries and put into words."""

    def __init__(self, credit_set: CreditSet, reader: Reader) -> None:
        self.set = credit_set
        self.reader = reader
        self.rule = rule_of(credit_set.model_version)
        self.credits = list(Credit.objects.filter(credit_set=credit_set).order_by("line_no"))

    def as_object(self) -> dict[str, Any]:
        found = self.set
        return {
            "deal": self.deal(),
            "model": self.model(),
            "run": self.run(),
            "attribution_id": self._attribution_id,
            "generation": found.generation,
            "scope": "in",
            "state": found.state,
            "flags": found.flags,
            "basis": _amount(found.basis_minor, found.currency),
            "reporting": {
                **_amount(found.reporting_minor, found.reporting_currency),
                "rate": None if found.fx_rate is None else str(found.fx_rate),
                "rate_on": None if found.fx_on is None else found.fx_on.isoformat(),
            },
            "anchor_at": moment_text(found.anchor_at or found.as_of),
            "window_from": moment_text(found.fact.opened_at - timedelta(hours=self.rule.window_hours)),
            "restart_at": moment_text(found.restart_at),
            "milestones": self._milestones(),
            "path": [self.touches[key].name_outside for key in found.path],
            "lines": [self.line(credit) for credit in self.credits],
            "rejected": self._rejected(),
            "check": self._check(),
            "other_models": self._other_models(),
            "band": None,
            "history": self._history(),
        }

    def deal(self) -> dict[str, Any]:
        return _deal(self.set.opportunity, self.set.fact, self.set.outcome, self._names)

    def model(self) -> dict[str, Any]:
        return _model(self.set.model, self.set.model_version, self.rule)

    def run(self) -> dict[str, Any]:
        run = self.set.run
        return {"id": run.name_outside, "as_of": moment_text(run.as_of), "frozen_name": run.frozen_name}

    def line(self, credit: Credit) -> dict[str, Any]:
        touch = self.touches[credit.touch_id] if credit.touch_id else None
        share = Fraction(int(credit.raw), int(self.set.raw_total))
        return {
            "line": credit.line_no,
            "touch_id": touch.name_outside if touch else None,
            "unattributed_reason": credit.unattributed_reason or None,
            **self._about(touch),
            "positions": held_positions(self.rule, credit.held) if touch else [],
            "raw": str(int(credit.raw)),
            "raw_total": str(int(self.set.raw_total)),
            "share": f"{share.numerator}/{share.denominator}",
            "credit_micros": credit.credit_micros,
            "amount": money.as_text(credit.amount_minor, self.set.currency),
            "reporting_amount": money.as_text(credit.reporting_minor, self.set.reporting_currency),
            "sentence": self._sentence(credit, touch),
        }

    def _about(self, touch: Touch | None) -> dict[str, Any]:
        if touch is None:
            names = ("activity", "champion", "occurred_at", "rung", "side", "source")
            return dict.fromkeys(names)
        return {
            "activity": self._activity(touch, with_title=True),
            "champion": self._champion(touch),
            "occurred_at": moment_text(touch.occurred_at),
            "rung": RUNGS[touch.rung],
            "side": touch.side,
            "source": touch.source,
        }

    def _activity(self, touch: Touch, *, with_title: bool) -> dict[str, Any]:
        activity = touch.activity
        about = {
            "id": activity.name_outside,
            "external_id": self.reader.own_id(activity),
            "kind": touch.activity_kind,
        }
        if with_title:
            about["title"] = activity.title if self.reader.names(touch.champion) else None
        return about

    def _champion(self, touch: Touch) -> dict[str, Any] | None:
        if not self.reader.shows(touch.champion):
            return None
        contact = ("contact", touch.champion.contact_id)
        return {"id": touch.champion.name_outside, "contact_external_id": self._names.get(contact)}

    def _sentence(self, credit: Credit, touch: Touch | None) -> str:
        if touch is None:
            return unattributed_sentence(credit.unattributed_reason)
        place = LinePlace(
            place=self._places[touch.pk],
            places=len(self.set.path),
            held=credit.held,
            micros=credit.credit_micros,
            is_fallback="fallback_last" in self.set.flags,
        )
        return line_sentence(self.rule, place, touch.rung)

    def _rejected(self) -> list[dict[str, Any]]:
        refused = zip(self.set.rejected, self.set.rejected_codes, strict=True)
        return [self._refusal(self.touches[key], code) for key, code in refused]

    def _refusal(self, touch: Touch, code: int) -> dict[str, Any]:
        return {
            "touch_id": touch.name_outside,
            "activity": self._activity(touch, with_title=False),
            "reason": REFUSALS[code],
            "occurred_at": moment_text(touch.occurred_at),
            "sentence": refusal_sentence(self.rule, code, rung=touch.rung, side=touch.side),
        }

    def _milestones(self) -> dict[str, str]:
        opened_at, closed_at = self.set.fact.opened_at, _closed_at(self.set.fact, self.set.outcome)
        always = {"opened": moment_text(opened_at), "closed": moment_text(closed_at)}
        named = {name: moment_text(datetime.fromisoformat(at)) for name, at in (self.set.milestones or {}).items()}
        return {name: at for name, at in {**named, **always}.items() if at is not None}

    def _check(self) -> dict[str, Any]:
        found = self.set
        micros = sum(credit.credit_micros for credit in self.credits)
        amount = sum(credit.amount_minor for credit in self.credits)
        parts = [credit.reporting_minor for credit in self.credits]
        reporting = None if None in parts else sum(part for part in parts if part is not None)
        expected = (1_000_000, found.basis_minor, found.reporting_minor)
        return {
            "micros": micros,
            "amount": money.as_text(amount, found.currency),
            "reporting_amount": money.as_text(reporting, found.reporting_currency),
            "adds_up": (micros, amount, reporting) == expected,
        }

    @cached_property
    def _places(self) -> Mapping[int, int]:
        return {touch_id: place for place, touch_id in enumerate(self.set.path, start=1)}

    @cached_property
    def touches(self) -> Mapping[int, Touch]:
        wanted = {*self.set.path, *self.set.rejected}
        return Touch.objects.select_related("activity", "champion__account").in_bulk(wanted)

    @cached_property
    def _names(self) -> ExternalNames:
        contacts = [touch.champion.contact_id for touch in self.touches.values()]
        deals = [self.set.opportunity_id]
        return names_in(self.reader.source, opportunity=deals, contact=contacts)

    @cached_property
    def _heads(self) -> Sequence[Any]:
        """The heads of this deal under every model, with `credited_minor`: the sum of their lines with a touch."""
        credited = Sum("credit_set__lines__amount_minor", filter=Q(credit_set__lines__touch__isnull=False))
        heads = CreditHead.objects.filter(opportunity=self.set.opportunity_id).select_related("model", "credit_set")
        return list(heads.annotate(credited_minor=credited).order_by("model__key"))

    @property
    def _attribution_id(self) -> str | None:
        """Only the set that holds has one; a past generation has none of its own."""
        holding = (head for head in self._heads if head.credit_set_id == self.set.pk)
        return next((head.name_outside for head in holding), None)

    def _other_models(self) -> list[dict[str, Any]]:
        others = (
            head
            for head in self._heads
            if head.model_id != self.set.model_id and head.credit_set.state == SetState.LINES
        )
        return [
            {
                "key": head.model.key,
                "credited_amount": money.as_text(head.credited_minor or 0, head.credit_set.currency),
                "attribution_id": head.name_outside,
            }
            for head in others
        ]

    def _history(self) -> list[dict[str, Any]]:
        rows = (
            CreditSet.objects.filter(
                branch_id=self.set.branch_id, model=self.set.model_id, opportunity=self.set.opportunity_id
            )
            .order_by("-generation")
            .values_list("generation", "run__public_id", "cause")
        )
        return [
            {
                "generation": generation,
                "run_id": codes.encode(AttributionRun.PUBLIC_PREFIX, run),
                "cause": cause,
            }
            for generation, run, cause in rows
        ]


def _out_of_scope(
    opportunity: Opportunity,
    model: AttributionModel,
    found: CreditSet | None,
    *,
    at: datetime,
    reader: Reader,
) -> dict[str, Any]:
    """The answer for a deal the model does not cover."""
    version = found.model_version if found else model.current_version
    rule = rule_of(version) if version else None
    fact = found.fact if found else _current_fact(opportunity)
    scope = found.closed_reason if found else _scope_now(rule, fact, opportunity, at)
    names = names_in(reader.source, opportunity=[opportunity.pk])
    return {
        "deal": _deal(opportunity, fact, fact.outcome if fact else Outcome.OPEN, names),
        "model": _model(model, version, rule) if version and rule else {"key": model.key},
        "run": None,
        "attribution_id": None,
        "generation": found.generation if found else None,
        "scope": scope,
        "state": found.state if found else None,
        "sentence": scope_sentence(scope),
        "flags": [],
        "lines": [],
        "rejected": [],
    }


def _current_fact(opportunity: Opportunity) -> OpportunityFact | None:
    return OpportunityFact.objects.filter(opportunity=opportunity, superseded_at=None).first()


def _scope_now(rule: Rule | None, fact: OpportunityFact | None, opportunity: Opportunity, at: datetime) -> str:
    """Why no run has written anything for the deal, by the same checks in the same order."""
    if rule is None or fact is None:
        return NOT_COMPUTED
    stages = opportunity.stages.order_by("-entered_at").values_list("stage", "entered_at")
    case = Case(
        as_of=at,
        opened_at=fact.opened_at,
        reporting_currency="",
        kind=fact.kind,
        outcome=fact.outcome,
        closed_at=fact.closed_at,
        is_deleted=fact.is_deleted,
        stages=dict(stages) if rule.stages else {},
    )
    return closed_reason(rule, case) or NOT_COMPUTED


def _deal(opportunity: Opportunity, fact: OpportunityFact | None, outcome: str, names: ExternalNames) -> dict[str, Any]:
    return {
        "id": opportunity.name_outside,
        "external_id": names.get(("opportunity", opportunity.pk)),
        "kind": fact.kind if fact else opportunity.kind,
        "outcome": outcome,
        "opened_at": moment_text(fact.opened_at if fact else opportunity.opened_at),
        "closed_at": moment_text(_closed_at(fact, outcome)),
    }


def _closed_at(fact: OpportunityFact | None, outcome: str) -> datetime | None:
    return None if fact is None or outcome == Outcome.OPEN else fact.closed_at


def _model(model: AttributionModel, version: Any, rule: Rule) -> dict[str, Any]:
    return {
        "key": model.key,
        "version": version.number,
        "question": model.question,
        "family": rule.family,
        "parameters": rule.parameters,
        "anchor": rule.anchor,
        "window_days": rule.window_days,
        "dedupe": rule.dedupe,
        "rungs": [RUNGS[rung] for rung in rule.rungs],
        "sides": list(rule.sides),
    }


def _amount(minor: int | None, currency: str) -> dict[str, Any]:
    return {"amount": money.as_text(minor, currency), "currency": currency}


def moment_text(at: datetime | None) -> str | None:
    """RFC 3339 in UTC with `Z`; microseconds where there are any."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
