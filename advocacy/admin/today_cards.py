"""Four answers above the charts of Today: who is ready, what advocacy brings this quarter, how much it did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from advocacy.attribution.overview import Quarter
from advocacy.choices import Question
from advocacy.models import Activity
from clg import wording
from clg.admin import cells

DAYS = 30


@dataclass(frozen=True)
class Card:
    """One answer: what is counted, the figure, what to hold it against, where its rows are. `key`: a color key."""

    title: str
    figure: str
    text: str
    address: str = ""
    key: str = ""


def ready_card(ready: int, whole: int, address: str) -> Card:
    text = f"of {wording.number(whole)} who are not retired"
    return Card("Champions who are ready", wording.number(ready), text, address)


def quarter_cards(pipeline: Mapping[str, Sequence[Quarter]]) -> list[Card]:
    """The running quarter of each question beside the last whole one; two answers, never added."""
    return [_quarter_card(question, rows) for question, rows in pipeline.items()]


def _quarter_card(question: str, rows: Sequence[Quarter]) -> Card:
    before, running = rows[-2:]
    text = f"{wording.count(running.deals, 'deal')}; {before.name} in all: {_amount(before)}"
    title = f"{Question(question).label} pipeline, {running.name} so far"
    return Card(title, _amount(running), text, key=question)


def _amount(quarter: Quarter) -> str:
    return wording.short_amount(wording.major(quarter.minor, settings.CLG_CURRENCY), settings.CLG_CURRENCY)


def acts_card(reader: Any, now: dt.datetime) -> Card:
    """What champions did in the last days, against the same span before."""
    span = dt.timedelta(days=DAYS)
    acts = Activity.objects.visible_to(reader).standing()
    lately = acts.filter(occurred_at__gt=now - span, occurred_at__lte=now).count()
    before = acts.filter(occurred_at__gt=now - 2 * span, occurred_at__lte=now - span).count()
    text = f"in the {DAYS} days before: {wording.number(before)}"
    return Card(f"Activities in {DAYS} days", wording.number(lately), text, cells.list_address(Activity))
