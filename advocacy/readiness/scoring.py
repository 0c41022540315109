"""R of many contacts at once, by one statement (`readiness.sql`); a pure function of rows, weight set and week.

`score_subjects` reads; `store_scores` also writes what differs, the history and the events (`store.sql`). Both take
whole sets: 2,000 champions with 12 kinds cost about 0.15 s on two cores, two index descents a champion and kind.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

from django.db import connection

from accounts.choices import SIGNAL_KINDS
from advocacy.models import ReadinessModel
from clg.events.origin import current_origin

# Compiling costs more than these statements take, a batch keeps a few megabytes, and its look-ups are mostly cached.
_PLANNING = (
    "SELECT set_config('jit', 'off', true), set_config('work_mem', '64MB', true),"
    " set_config('random_page_cost', '1.1', true)"
)
_PERSONAL_KINDS = [kind.code for kind in SIGNAL_KINDS.values() if kind.about == "contact"]


class Part(TypedDict):
    """What one kind of signal adds. Decimals are strings; `raw`, `observed_at`, `signal_id` are None where derived."""

    kind: str
    weight: int
    value: str
    raw: str | None
    observed_at: str | None
    signal_id: int | None
    decay: str
    points: str
    origin: str


@dataclass(frozen=True)
class Subject:
    """Whom to score: a contact at an account. `id` is the caller's (a champion's key, or a contact's).

    `cause` is what a mark said; empty for champions that no mark named.
    """

    id: int
    contact_id: int
    account_id: int
    cause: str = ""


@dataclass(frozen=True)
class Score:
    """R with coverage and confidence in percent, 2 decimals; `score` is None when no kind is present."""

    score: Decimal | None
    coverage: Decimal
    confidence: Decimal
    band: str
    parts: list[Part]


@dataclass(frozen=True)
class Written:
    """What a batch changed: readiness rows, history rows, bands."""

    changed: int
    history: int
    bands: int


def week_of(at: dt.datetime) -> dt.datetime:
    """The Monday 00:00 UTC on or before `at`: scores step there only."""
    day = at.astimezone(dt.UTC).date()
    monday = day - dt.timedelta(days=day.weekday())
    return dt.datetime.combine(monday, dt.time(), tzinfo=dt.UTC)


def score_subjects(subjects: Sequence[Subject], *, model: ReadinessModel, at: dt.datetime) -> dict[int, Score]:
    """Scores by subject id, without writing anything."""
    with connection.cursor() as cursor:
        cursor.execute(
            _sql("readiness.sql") + "SELECT id, score, coverage, confidence, band, parts::text FROM scored",
            _parameters(subjects, model, at),
        )
        return {row[0]: Score(row[1], row[2], row[3], row[4], json.loads(row[5])) for row in cursor.fetchall()}


def store_scores(subjects: Sequence[Subject], *, model: ReadinessModel, at: dt.datetime) -> Written:
    """Scores champions and writes what differs. The caller holds their rows locked, in a transaction.

    The lock comes first and in a statement of its own: this statement then sees everything that was committed before
    the lock was granted, so of two scorers the later never writes the older picture.
    """
    origin = current_origin()
    parameters = {
        **_parameters(subjects, model, at),
        "causes": [subject.cause for subject in subjects],
        "week": week_of(at).date(),
        "threshold": model.history_threshold,
        "origin_kind": origin.kind,
        "origin_source": origin.source,
        "origin_actor": origin.actor,
        "trace_id": origin.trace_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PLANNING)
        cursor.execute(_sql("readiness.sql") + _sql("store.sql"), parameters)
        return Written(*cursor.fetchone())


def _parameters(subjects: Sequence[Subject], model: ReadinessModel, at: dt.datetime) -> dict[str, Any]:
    return {
        "ids": [subject.id for subject in subjects],
        "contacts": [subject.contact_id for subject in subjects],
        "accounts": [subject.account_id for subject in subjects],
        "personal_kinds": _PERSONAL_KINDS,
        "model_id": model.pk,
        "at": at,
        "as_of": week_of(at),
    }


@cache
def _sql(name: str) -> str:
    return (Path(__file__).parent / name).read_text()
