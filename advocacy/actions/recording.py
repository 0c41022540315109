"""What recording activities and encounters has in common: many at once, each once by (source, source_ref).

A handful of statements, whatever the number of items. Items that fail are told why and never reach SQL; the others go
on. Of two writers of one name at once, one inserts and the other brings that row up to date.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Literal, Protocol, TypeAlias, TypeVar

from django.db.models import Q

from advocacy.choices import FUTURE_TOLERANCE_MINUTES
from advocacy.errors import InTheFuture, NamedTwice
from advocacy.models import Activity, Encounter
from clg.errors import DomainError
from clg.events.outbox import Event, emit_all

Row = TypeVar("Row", Activity, Encounter)
Name: TypeAlias = tuple[str, str]
# What a sender calls its write of a record, by the record's own name there.
Traces: TypeAlias = Mapping[str, str]
NO_TRACES: Final[Traces] = {}
Outcome: TypeAlias = Literal["created", "updated", "unchanged", "failed"]


class Item(Protocol):
    """What is to be recorded, under its (source, source_ref)."""

    @property
    def name(self) -> Name: ...


ItemT = TypeVar("ItemT", bound=Item)


@dataclass(frozen=True, slots=True)
class Recorded(Generic[Row]):
    """What became of one item: a row with its columns that changed, or the error of one that failed."""

    outcome: Outcome
    row: Row | None = None
    error: DomainError | None = None
    changed: Sequence[str] = ()

    @property
    def is_new(self) -> bool:
        """Whether anything was written."""
        return self.outcome in ("created", "updated")

    def stored(self) -> Row:
        """The row. Raises the error of an item that failed."""
        if self.row is None:
            assert self.error is not None  # noqa: S101 - one of the two is there
            raise self.error
        return self.row


@dataclass(frozen=True, slots=True)
class Draft:
    """Columns of a row as they ought to be; `first` holds those that are set at the insert only."""

    content: Mapping[str, Any]
    first: Mapping[str, Any] = field(default_factory=dict)


def refuse_future(occurred_at: dt.datetime, *, at: dt.datetime) -> None:
    if occurred_at > at + dt.timedelta(minutes=FUTURE_TOLERANCE_MINUTES):
        raise InTheFuture


def record(
    model: type[Row],
    items: Sequence[ItemT],
    *,
    check: Callable[[ItemT], None],
    draft: Callable[[Sequence[ItemT]], Iterable[Draft | DomainError]],
) -> list[Recorded[Row]]:
    """Insert the rows, or bring their content up to date; one answer an item, in their order.

    `check` raises what forbids an item by itself; a name that stands more than once fails. `draft` answers, for all the
    others at once, the columns of each or what forbids it.
    """
    errors = _errors(items, check)
    sound = [item for item in items if item.name not in errors]
    drafts: dict[Name, Draft] = {}
    for item, drafted in zip(sound, draft(sound), strict=True):
        if isinstance(drafted, Draft):
            drafts[item.name] = drafted
        else:
            errors[item.name] = drafted
    stored = _store(model, drafts) if drafts else {}
    return [stored.get(item.name) or Recorded("failed", error=errors[item.name]) for item in items]


def _errors(items: Sequence[ItemT], check: Callable[[ItemT], None]) -> dict[Name, DomainError]:
    counts = Counter(item.name for item in items)
    errors: dict[Name, DomainError] = {name: NamedTwice() for name, count in counts.items() if count > 1}
    for item in items:
        try:
            check(item)
        except DomainError as error:
            errors.setdefault(item.name, error)
    return errors


def _store(model: type[Row], drafts: Mapping[Name, Draft]) -> dict[Name, Recorded[Row]]:
    found = _locked(model, drafts)
    news = {name: _new(model, name, drafts[name]) for name in sorted(drafts.keys() - found.keys())}
    if news:
        model.objects.bulk_create(news.values(), ignore_conflicts=True)
        found |= _locked(model, news)
    created = {name for name, row in news.items() if found[name].public_id == row.public_id}
    changes = {name: _bring_up(found[name], draft) for name, draft in drafts.items() if name not in created}
    _update(model, {found[name]: fields for name, fields in changes.items() if fields})
    return {
        name: Recorded(
            _outcome(name in created, changes.get(name)),
            found[name],
            changed=list(draft.content) if name in created else changes[name],
        )
        for name, draft in drafts.items()
    }


def _outcome(is_created: bool, changes: Collection[str] | None) -> Outcome:
    if is_created:
        return "created"
    return "updated" if changes else "unchanged"


def _locked(model: type[Row], names: Iterable[Name]) -> dict[Name, Row]:
    """Rows of these names that are there, locked in the order of their names."""
    refs: dict[str, list[str]] = {}
    for source, ref in names:
        refs.setdefault(source, []).append(ref)
    named = Q(pk__in=[])
    for source, of_source in refs.items():
        named |= Q(source=source, source_ref__in=of_source)
    rows = model.objects.select_for_update(of=("self",)).filter(named).order_by("source", "source_ref")
    return {(row.source, row.source_ref): row for row in rows}


def _new(model: type[Row], name: Name, draft: Draft) -> Row:
    source, source_ref = name
    return model(source=source, source_ref=source_ref, **draft.content, **draft.first)


def _bring_up(row: Row, draft: Draft) -> list[str]:
    """The columns that had to change."""
    changed = [column for column, value in draft.content.items() if getattr(row, column) != value]
    for column in changed:
        setattr(row, column, draft.content[column])
    return changed


def _update(model: type[Row], changed: Mapping[Row, Collection[str]]) -> None:
    """The rows are there and locked, so each insert meets its row: one statement, where `bulk_update` grows squared."""
    if changed:
        columns = {column for of_row in changed.values() for column in of_row}
        model.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["source", "source_ref"],
            update_fields=sorted(columns),
        )


# --- Taking back, and what it tells ------------------------------------------------------------------------------
def lock_all(model: type[Row], rows: Iterable[Row]) -> list[Row]:
    """The rows as they are now, locked in the order of their keys."""
    keys = [row.pk for row in rows]
    return list(model.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))


def mark_withdrawn(model: type[Row], rows: Sequence[Row], *, at: dt.datetime | None, reason: str) -> None:
    """Withdraw locked rows as of a moment, or, without one, undo that."""
    for row in rows:
        row.withdrawn_at, row.withdrawn_reason = at, reason
    keys = [row.pk for row in rows]
    model.objects.filter(pk__in=keys).update(withdrawn_at=at, withdrawn_reason=reason)


def tell(
    what: str,
    rows: Sequence[Row],
    *,
    changed: Mapping[int, Iterable[str]],
    refs: Callable[[Row], Mapping[str, uuid.UUID]],
    traces: Traces,
) -> None:
    """One event a row, with its version and the names of what changed of it, by key. It reads the versions anew."""
    if not rows:
        return
    noun = str(rows[0]._meta.model_name)
    versions = dict(type(rows[0]).objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "version"))
    for row in rows:
        row.version = versions[row.pk]
    emit_all(
        Event(
            f"{noun}.{what}",
            noun,
            row.public_id,
            version=row.version,
            changed_fields=[name.removesuffix("_id") for name in changed[row.pk]],
            refs=refs(row),
            trace_id=traces.get(row.source_ref, ""),
        )
        for row in rows
    )
