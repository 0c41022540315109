"""The deal panel: what advocacy earned on one deal, drawn, divided by each model, and explained to the cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.choices import Outcome
from accounts.models import Opportunity
from advocacy.admin.credit import RUNG_WORDS
from advocacy.admin.words import activity_link
from advocacy.attribution.explain import Reader, explain_deal
from advocacy.choices import Question, Refusal, Rung, SetState
from advocacy.models import Champion, Credit, CreditHead, CreditSet, Touch
from advocacy.permissions import may_know_champion, may_run_attribution, may_see_attribution
from advocacy.privacy import activity_title, champion_name
from clg import wording
from clg.admin import act_address, cells, register_panel
from clg.charts import (
    Milestone,
    RefusedMark,
    Segment,
    ShareRow,
    Table,
    TouchMark,
    Window,
    figure,
    percent,
    share_rows,
    tone_of,
    touch_timeline,
)

MILLION = 1_000_000
REST_TONE = "o0"
LONGEST_FRACTION = 11
"""Signs of a fraction that fits its column; longer ones, as time decay gives, are shown as a decimal."""


@dataclass(frozen=True)
class Numbered:
    """One touch with the number or letter under which the whole page speaks of it."""

    touch: Touch
    mark: str
    tone: int
    name: str
    what: str

    @property
    def title(self) -> str:
        return f"{self.what}, {self.name}, {wording.day(self.touch.occurred_at)}"


class Deal:
    """One deal with the credit that holds now under each model, read with a constant number of queries."""

    def __init__(self, opportunity: Opportunity, reader: Any) -> None:
        self.opportunity = opportunity
        self.reader = reader
        heads = CreditHead.objects.visible_to(reader).in_scope().filter(opportunity=opportunity)
        related = heads.select_related("model", "credit_set__model_version", "credit_set__fact", "credit_set__run")
        order = ("model__question", "-model__is_default", "model__key")
        self.sets: list[CreditSet] = [_with_model(head) for head in related.order_by(*order)]

    @cached_property
    def touches(self) -> Mapping[int, Touch]:
        wanted = {key for one in self.sets for key in (*one.path, *one.rejected)}
        related = ("encounter", "activity__champion__account", "champion__contact", "champion__account")
        return Touch.objects.visible_to(self.reader).select_related(*related).in_bulk(wanted)

    @cached_property
    def lines(self) -> Mapping[int, Sequence[Credit]]:
        """Ledger lines by set."""
        found: dict[int, list[Credit]] = {one.pk: [] for one in self.sets}
        lines = Credit.objects.visible_to(self.reader).filter(credit_set__in=self.sets)
        for line in lines.order_by("credit_set_id", "line_no"):
            found[line.credit_set_id].append(line)
        return found

    @cached_property
    def numbered(self) -> Mapping[int, Numbered]:
        """Touches that count under some model, numbered in the order they happened: one number on the whole page."""
        keys = {key for one in self.sets for key in one.path}
        ordered = sorted(keys, key=lambda key: _moment(self.touches[key]))
        return {
            key: self._numbered(key, str(place + 1), tone_of(place, len(ordered))) for place, key in enumerate(ordered)
        }

    def refused(self, one: CreditSet) -> Mapping[int, Numbered]:
        """Touches the model refuses, lettered in the order they happened."""
        ordered = sorted(one.rejected, key=lambda key: _moment(self.touches[key]))
        return {key: self._numbered(key, _letter(place), 0) for place, key in enumerate(ordered)}

    def _numbered(self, key: int, mark: str, tone: int) -> Numbered:
        touch = self.touches[key]
        name = champion_name(touch.champion, self.reader)
        return Numbered(touch, mark, tone, name, activity_title(touch.activity, self.reader))

    def default(self, question: str) -> CreditSet | None:
        return next((one for one in self.sets if one.model.question == question and one.model.is_default), None)

    def chosen(self, key: str | None) -> CreditSet:
        """The set of the model asked for, else of the default influenced one, else any."""
        asked = next((one for one in self.sets if one.model.key == key), None)
        return asked or self.default(Question.INFLUENCED) or self.sets[0]


def _with_model(head: CreditHead) -> CreditSet:
    head.credit_set.model = head.model
    return head.credit_set


def _moment(touch: Touch) -> tuple[datetime, int, int]:
    return touch.occurred_at, touch.activity_id, touch.encounter_id


def _letter(place: int) -> str:
    """a to z, then a2, b2, ..."""
    turn, rest = divmod(place, 26)
    return "abcdefghijklmnopqrstuvwxyz"[rest] + (str(turn + 1) if turn else "")


def panel(request: HttpRequest, row: Any) -> SafeString | str:
    """All of it; nothing for readers who may not see attribution."""
    if not may_see_attribution(request.user):
        return ""
    deal = Deal(row, request.user)
    if not deal.sets:
        return render_to_string("admin/advocacy/deal_empty.html", {"closed": _closed_words(row, request.user)}, request)
    one = deal.chosen(request.GET.get("model"))
    knows = partial(_knows, request.user)
    reader = Reader(shows=knows, names=knows)
    explained = explain_deal(row, one.model, at=timezone.now(), reader=reader)
    return render_to_string("admin/advocacy/deal.html", _context(deal, one, explained), request)


def _knows(reader: Any, champion: Champion) -> bool:
    return bool(may_know_champion(reader, champion))


def _closed_words(opportunity: Opportunity, reader: Any) -> list[str]:
    """Why each model leaves the deal out, where one has said so."""
    heads = CreditHead.objects.visible_to(reader).filter(opportunity=opportunity, credit_set__state=SetState.CLOSED)
    return [
        f"{head.model}: {head.credit_set.closed_reason.replace('_', ' ')}"
        for head in heads.select_related("model", "credit_set").order_by("model__key")
    ]


def _context(deal: Deal, one: CreditSet, explained: dict[str, Any]) -> dict[str, Any]:
    return {
        "answers": [_answer(deal, question) for question in Question],
        "timeline": _timeline(deal, one, explained),
        "models": _models(deal),
        "touches": [_touch_item(numbered, deal) for numbered in deal.numbered.values()],
        "explained": explained,
        "one": one,
        "choices": [_choice(other, one) for other in deal.sets],
        "lines": [
            _line(deal, one, line, told) for line, told in zip(deal.lines[one.pk], explained["lines"], strict=True)
        ],
        "basis": wording.UNKNOWN if _is_unpriced(one) else wording.minor_figure(one.basis_minor, one.currency),
        "reporting": _reporting(one),
        "refusals": _refusals(deal, one, explained),
        "as_of": wording.moment(one.run.as_of),
        "run": cells.link(one.run, one.run.name_outside[:12]),
        "history": explained.get("history", []),
    }


# --- The two answers ---------------------------------------------------------------------------------------------
def _answer(deal: Deal, question: Question) -> dict[str, Any]:
    one = deal.default(question)
    credited = one and any(line.touch_id for line in deal.lines[one.pk])
    return {
        "question": question.value,
        "label": question.label,
        "figure": _basis(one) if one and credited else wording.UNKNOWN,
        "version": f"{one.model.key} v{one.model_version.number}" if one else "out of scope",
        "text": _answer_text(deal, question, one, bool(credited)),
    }


def _answer_text(deal: Deal, question: Question, one: CreditSet | None, credited: bool) -> str:
    if one is None:
        return "The default model of this question does not cover the deal."
    if not credited:
        none = "Nothing and nobody said that advocacy brought this deal."
        return none if question == Question.SOURCED else "No touch that the model admits fell in the window."
    if question == Question.SOURCED:
        first = deal.numbered[one.path[0]]
        return f"The deal exists because of advocacy: {first.title}."
    number = wording.count(len(one.path), "touch", "touches")
    amount = " The CRM tells no amount, so there is none to divide." if _is_unpriced(one) else ""
    return f"{number} fell in the window.{amount} The deal counts once here. Never add the two answers."


def _is_unpriced(one: CreditSet) -> bool:
    """Whether the CRM told no amount: the stored basis is 0 then, which nobody said."""
    return "basis_missing" in one.flags


def _basis(one: CreditSet) -> str:
    return wording.UNKNOWN if _is_unpriced(one) else wording.minor(one.basis_minor, one.currency)


# --- The timeline ------------------------------------------------------------------------------------------------
def _timeline(deal: Deal, one: CreditSet, explained: dict[str, Any]) -> SafeString:
    counted = [deal.numbered[key] for key in one.path]
    refused = list(deal.refused(one).values())
    reasons = {told["touch_id"]: told["sentence"] for told in explained["rejected"]}
    window = Window(_at(explained["window_from"]), _at(explained["anchor_at"]), _window_words(one))
    after = sum(numbered.touch.occurred_at > one.fact.opened_at for numbered in counted)
    title = f"{wording.count(len(counted), 'touch counts', 'touches count')}, {after} of them after the deal opened"
    return figure(
        title=title if counted else "No touch counts under this model",
        note=f"{one.model}, {len(counted) + len(refused)} touches, {len(refused)} refused",
        body=touch_timeline(
            [TouchMark(n.mark, n.touch.occurred_at, n.tone, n.title) for n in counted],
            refused=[
                RefusedMark(n.mark, n.touch.occurred_at, f"{n.title}: {reasons.get(n.touch.name_outside, '')}")
                for n in refused
            ],
            milestones=_milestones(one, explained),
            window=window,
            alt=f"{title}. The window goes from {wording.day(window.since)} to {wording.day(window.until)}.",
        ),
    )


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _window_words(one: CreditSet) -> str:
    version = one.model_version
    until = {"opened": "the opening", "closed": "the close"}.get(version.anchor, version.anchor.removeprefix("stage:"))
    return f"Window: {version.window_days} days before opening, until {until}"


def _milestones(one: CreditSet, explained: dict[str, Any]) -> list[Milestone]:
    anchor = one.model_version.anchor
    shown = [
        Milestone(_at(at), f"{_milestone_word(name, one)} {_short_day(_at(at))}", is_anchor=name == anchor)
        for name, at in explained["milestones"].items()
    ]
    if one.outcome == Outcome.OPEN and anchor == "closed":
        shown.append(Milestone(_at(explained["anchor_at"]), "Still open", is_anchor=True))
    return shown


def _milestone_word(name: str, one: CreditSet) -> str:
    if name == "closed":
        return str(Outcome(one.outcome).label)
    return name.removeprefix("stage:").capitalize()


def _short_day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}"


# --- The models --------------------------------------------------------------------------------------------------
def _models(deal: Deal) -> SafeString:
    rows = [_model_row(deal, one) for one in deal.sets]
    one = deal.sets[0]
    whole = "an amount that is not known" if _is_unpriced(one) else _basis(one)
    return figure(
        title=_models_finding(deal),
        note=f"Share of {whole}, n = {wording.count(len(deal.numbered), 'touch', 'touches')}",
        body=share_rows(rows, alt=_models_said(deal)),
        remark="Numbers are the touches, earliest lightest. Credit is bookkeeping, not proof of cause.",
        table=_models_table(deal),
    )


def _model_row(deal: Deal, one: CreditSet) -> ShareRow:
    segments = [_segment(deal, line) for line in deal.lines[one.pk]]
    return ShareRow(str(one.model), f"v{one.model_version.number}", segments)


def _segment(deal: Deal, line: Credit) -> Segment:
    share = line.credit_micros / MILLION
    if line.touch_id is None:
        return Segment(share, line.get_unattributed_reason_display().lower(), REST_TONE)
    numbered = deal.numbered[line.touch_id]
    return Segment(share, numbered.mark, f"o{numbered.tone}")


def _ranges(deal: Deal) -> Mapping[str, tuple[float, float]]:
    """Lowest and highest share of each numbered touch over the influenced models; absent from one = 0."""
    sets = [one for one in deal.sets if one.model.question == Question.INFLUENCED]
    shares = {numbered.mark: [0.0] * len(sets) for numbered in deal.numbered.values()}
    for place, one in enumerate(sets):
        for line in deal.lines[one.pk]:
            if line.touch_id is not None:
                shares[deal.numbered[line.touch_id].mark][place] = line.credit_micros / MILLION
    return {mark: (min(values), max(values)) for mark, values in shares.items() if values}


def _models_finding(deal: Deal) -> str:
    """Which touch earns most, and how far the models agree."""
    ranges = _ranges(deal)
    if not any(high for _, high in ranges.values()):
        return "No model credits a touch"
    mark, (low, high) = max(ranges.items(), key=lambda pair: (sum(pair[1]), -int(pair[0])))
    if low == high:
        return f"Touch {mark} earns {percent(high)} in every influenced model"
    return f"Touch {mark} earns between {percent(low)} and {percent(high)}, by model"


def _models_said(deal: Deal) -> str:
    said = (
        f"{one.model}: "
        + ", ".join(f"{_mark_of(deal, line)} {percent(line.credit_micros / MILLION)}" for line in deal.lines[one.pk])
        for one in deal.sets
    )
    return ". ".join(said)


def _mark_of(deal: Deal, line: Credit) -> str:
    return "no touch" if line.touch_id is None else f"touch {deal.numbered[line.touch_id].mark}"


def _models_table(deal: Deal) -> Table:
    marks = [numbered.mark for numbered in deal.numbered.values()]
    rows = []
    for one in deal.sets:
        amounts = {_mark_of(deal, line): line.amount_minor for line in deal.lines[one.pk]}
        cells_of = [wording.minor_figure(amounts.get(f"touch {mark}"), one.currency) for mark in marks]
        rows.append([str(one.model), *cells_of, wording.minor_figure(amounts.get("no touch"), one.currency)])
    head = ["Model", *marks, "No touch"]
    currency = deal.sets[0].currency
    return Table(head, rows, frozenset(range(1, len(head))), f"Show as a table, {currency}")


def _touch_item(numbered: Numbered, deal: Deal) -> dict[str, Any]:
    back = cells.address(deal.opportunity)
    may = bool(may_run_attribution(deal.reader)) and not numbered.touch.superseded_at
    return {
        "not_us": act_address(numbered.touch.encounter, "withdraw", back=back) if may else "",
        "mark": numbered.mark,
        "tone": numbered.tone,
        "title": numbered.what,
        "kind": numbered.touch.get_activity_kind_display(),
        "name": numbered.name,
        "day": wording.day(numbered.touch.occurred_at),
    }


# --- The lines ---------------------------------------------------------------------------------------------------
def _choice(other: CreditSet, one: CreditSet) -> dict[str, Any]:
    return {"key": other.model.key, "name": str(other.model), "is_chosen": other.pk == one.pk}


def _lines(deal: Deal, one: CreditSet, explained: dict[str, Any]) -> list[dict[str, Any]]:
    pairs = zip(deal.lines[one.pk], explained["lines"], strict=True)
    return [_line(deal, one, line, told) for line, told in pairs]


def _line(deal: Deal, one: CreditSet, line: Credit, told: dict[str, Any]) -> dict[str, Any]:
    shown = {
        "fraction": _fraction(told["share"], line.credit_micros),
        "micros": wording.number(line.credit_micros),
        "amount": wording.minor_figure(line.amount_minor, one.currency),
        "sentence": told["sentence"],
        "positions": ", ".join(told["positions"]).replace("_", " "),
    }
    if line.touch_id is None:
        return {**shown, "what": "No touch", "who": "", "mark": ""}
    numbered = deal.numbered[line.touch_id]
    touch = numbered.touch
    return {
        **shown,
        "what": activity_link(touch.activity, deal.reader),
        "who": _whose(numbered, deal.reader),
        "mark": numbered.mark,
        "tone": numbered.tone,
        "day": wording.day(touch.occurred_at),
        "rung": f"{touch.rung} {RUNG_WORDS[Rung(touch.rung)]}",
        "side": touch.get_side_display().lower(),
    }


def _whose(numbered: Numbered, reader: Any) -> str:
    """The person and the company, as far as the reader may know them."""
    if may_know_champion(reader, numbered.touch.champion):
        return f"{numbered.name}, {numbered.touch.champion.account}"
    return numbered.name


def _fraction(share: str, micros: int) -> str:
    return share if len(share) <= LONGEST_FRACTION else f"≈ {micros / MILLION:.4f}"


def _reporting(one: CreditSet) -> str:
    """The basis in the reporting currency and how it got there, when the deal is in another one."""
    if one.currency == one.reporting_currency:
        return ""
    if one.reporting_minor is None:
        return f"No rate from {one.currency} within 45 days, so reports leave the deal out."
    amount = wording.minor(one.reporting_minor, one.reporting_currency)
    rate = f"{wording.plain(one.fx_rate)} of {wording.day(one.fx_on)}"
    return f"In reports {amount}, at {rate}, allocated anew by the same weights."


def _refusals(deal: Deal, one: CreditSet, explained: dict[str, Any]) -> list[dict[str, Any]]:
    told = {item["touch_id"]: item for item in explained["rejected"]}
    codes = dict(zip(one.rejected, one.rejected_codes, strict=True))
    return [
        {
            "mark": numbered.mark,
            "what": activity_link(numbered.touch.activity, deal.reader),
            "who": numbered.name,
            "day": wording.day(numbered.touch.occurred_at),
            "code": Refusal(codes[key]).label,
            "sentence": told[numbered.touch.name_outside]["sentence"],
        }
        for key, numbered in deal.refused(one).items()
    ]


register_panel(Opportunity, panel, place=20)
