"""Scoring the pool. `readiness` section 9.

Due is what the queue holds and what a new week or weight set has made old, so a run costs what changed, not what
exists. Any number of scorers may run at once: a mark is claimed by one of them, and champions are locked before they
are read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from django.db import connection, transaction

from advocacy.choices import WeightSetState
from advocacy.models import ReadinessModel
from advocacy.readiness.scoring import Subject, Written, store_scores, week_of
from clg.failpoints import failpoint, register

# Champions a statement: a few tenths of a second and a few megabytes on two cores.
BATCH: Final = 2000
# Marks a transaction: many marks of one champion are one piece of work; locks are held for a second or two at most.
MARKS_A_CLAIM: Final = 10_000

# Reads advocacy_readinessdirty_due.
_CLAIM: Final = """
WITH taken AS MATERIALIZED (
    SELECT id FROM advocacy_readinessdirty WHERE due_at <= %s ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
)
DELETE FROM advocacy_readinessdirty d USING taken t WHERE d.id = t.id
RETURNING d.account_id, d.contact_id, d.reason
"""
_LOCK_MARKED: Final = """
SELECT id, contact_id, account_id FROM advocacy_champion
 WHERE standing <> 'retired' AND (contact_id = ANY (%s) OR account_id = ANY (%s))
 ORDER BY id FOR NO KEY UPDATE
"""
_LOCK_LISTED: Final = """
SELECT id, contact_id, account_id FROM advocacy_champion
 WHERE standing <> 'retired' AND id = ANY (%s) ORDER BY id FOR NO KEY UPDATE
"""
_EVERYBODY: Final = "SELECT id FROM advocacy_champion WHERE standing <> 'retired' ORDER BY id"
# Reads advocacy_readiness_due for what is old, advocacy_champion_standing against the unique champions for what is new.
_OLD_OR_NEW: Final = """
SELECT c.id FROM advocacy_readiness r JOIN advocacy_champion c ON c.id = r.champion_id
 WHERE (r.model_id < %(model)s OR r.model_id > %(model)s OR (r.model_id = %(model)s AND r.scored_week < %(week)s))
   AND c.standing <> 'retired'
UNION ALL
SELECT c.id FROM advocacy_champion c
 WHERE c.standing <> 'retired' AND NOT EXISTS (SELECT FROM advocacy_readiness r WHERE r.champion_id = c.id)
 ORDER BY 1
"""

_Row = TypeVar("_Row")

register("readiness.claimed", "readiness.stored")


@dataclass
class ScoringRun:
    """What a run did: champions scored, rows that changed, history rows written, champions in another band."""

    scored: int = 0
    changed: int = 0
    history: int = 0
    bands: int = 0
    seen: set[int] = field(default_factory=set, repr=False)

    @property
    def counts(self) -> dict[str, int]:
        return {"scored": self.scored, "changed": self.changed, "history": self.history, "bands": self.bands}

    def add(self, subjects: Sequence[Subject], written: Written) -> None:
        new = {subject.id for subject in subjects} - self.seen
        self.scored += len(new)
        self.seen |= new
        self.changed += written.changed
        self.history += written.history
        self.bands += written.bands


def score_readiness(
    *,
    at: dt.datetime,
    everybody: bool = False,
    champion_ids: Iterable[int] | None = None,
    batch: int = BATCH,
    progress: Callable[[int, int], None] | None = None,
) -> ScoringRun:
    """Scores whoever is due at `at`; `everybody` scores the whole pool, `champion_ids` just these.

    Repeated at the same `at` it scores nobody. `progress(done, total)` is told after every batch but those of the
    queue, whose end nobody knows.
    """
    run = ScoringRun()
    model = ReadinessModel.objects.get(state=WeightSetState.ACTIVE)
    if champion_ids is None:
        while _score_marked(run, model=model, at=at, batch=batch):
            pass
        champion_ids = _due_champions(model=model, at=at, everybody=everybody)
    waiting = [pk for pk in champion_ids if pk not in run.seen]
    for done, ids in _slices(waiting, batch):
        _score_listed(run, ids, model=model, at=at)
        if progress:
            progress(done, len(waiting))
    return run


@transaction.atomic
def _score_marked(run: ScoringRun, *, model: ReadinessModel, at: dt.datetime, batch: int) -> int:
    """Claims due marks and scores their champions; answers how many marks it claimed."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [at, MARKS_A_CLAIM])
        marks = cursor.fetchall()
    failpoint("readiness.claimed")
    answered = {contact for _, contact, reason in marks if reason == "answer"}
    contacts = [contact for _, contact, _ in marks if contact is not None]
    accounts = [account for account, contact, _ in marks if contact is None]
    for _, rows in _slices(_locked(_LOCK_MARKED, [contacts, accounts]) if marks else [], batch):
        subjects = [Subject(*row, cause="answer" if row[1] in answered else "signal") for row in rows]
        run.add(subjects, store_scores(subjects, model=model, at=at))
    failpoint("readiness.stored")
    return len(marks)


def _due_champions(*, model: ReadinessModel, at: dt.datetime, everybody: bool) -> list[int]:
    with connection.cursor() as cursor:
        if everybody:
            cursor.execute(_EVERYBODY)
        else:
            cursor.execute(_OLD_OR_NEW, {"model": model.pk, "week": week_of(at).date()})
        return [pk for (pk,) in cursor.fetchall()]


@transaction.atomic
def _score_listed(run: ScoringRun, ids: Sequence[int], *, model: ReadinessModel, at: dt.datetime) -> None:
    subjects = [Subject(*row) for row in _locked(_LOCK_LISTED, [ids])]
    run.add(subjects, store_scores(subjects, model=model, at=at))


def _locked(statement: str, parameters: Sequence[Sequence[int]]) -> list[tuple[int, int, int]]:
    """Champions in the order of their keys, locked against other scorers and against actions."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(keys) for keys in parameters])
        return cursor.fetchall()


def _slices(rows: Sequence[_Row], size: int) -> Iterator[tuple[int, Sequence[_Row]]]:
    """Pieces of at most `size`, each with the number of rows up to its end."""
    for start in range(0, len(rows), size):
        piece = rows[start : start + size]
        yield start + len(piece), piece
