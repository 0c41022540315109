"""What an outside source tells of its activities and encounters, many at once. `crm-sync` section 3.

A clock per field and one of existence, as in the merge of accounts: any order and any repetition of the same items ends
in the same records. A record is stored once what it needs was told; until then its item fails and is sent again.
A number of statements that does not grow with the items.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from accounts.models import CrmSource
from accounts.sync.locks import hold_merges_off
from accounts.sync.parse import Failure
from accounts.sync.statements import RESTORE, UPDATE_ONLY
from advocacy.actions.activity import mark_duplicate_activities
from advocacy.actions.record_kinds import DELETED_BY_SOURCE, Activities, Encounters
from advocacy.errors import DuplicateChain
from advocacy.models import RecordKey
from advocacy.records.forms import ACTIVITY_FORM, RecordForm
from advocacy.records.naming import columns_of
from advocacy.records.planning import Plan, plan_of
from advocacy.records.reading import RecordReader, Told
from clg.errors import DomainError, FieldError, InvalidInput

_REPEATED: Final = FieldError("duplicate_in_request", "This external id stands here twice.", "/external_id")
_NOT_FOUND: Final = FieldError("not_found", "There is nothing of this id to update.", "/external_id")


@dataclass(slots=True)
class RecordResult:
    """What became of one item; `public_id` and `version` are the record's, None where there is none."""

    line: int
    external_id: str
    outcome: str
    trace_id: str = ""
    public_id: uuid.UUID | None = None
    version: int | None = None
    applied_fields: Sequence[str] = ()
    stale_fields: Sequence[str] = ()
    errors: Sequence[FieldError] = ()


class _Refused(Exception):
    """Some items must fail: the batch is undone and run again without them. Line -> errors."""

    def __init__(self, problems: Mapping[int, Sequence[FieldError]]) -> None:
        super().__init__(f"{len(problems)} items")
        self.problems = problems


class _RolledBack(Exception):
    """An all-or-nothing batch with a failure: nothing of it is stored."""


def tell_records(
    *, source: CrmSource, form: RecordForm, raw_items: Sequence[Any], at: dt.datetime, all_or_none: bool = False
) -> list[RecordResult]:
    """Check and store items as they came, in one transaction; one result an item, in their order.

    An external id twice in one call fails each time it stands there. With `all_or_none` one failed item undoes all.
    """
    reader = RecordReader(form, source, at=at)
    good, results = _apart([reader.read(raw, line) for line, raw in enumerate(raw_items)])
    try:
        with transaction.atomic(savepoint=all_or_none):
            if not (all_or_none and results):
                results += _tell(source, form, good, at)
            if all_or_none and any(result.outcome == "failed" for result in results):
                raise _RolledBack
    except _RolledBack:
        failed = {result.line: result for result in results if result.outcome == "failed"}
        rest = [told for told in good if told.line not in failed]
        results = [*failed.values(), *(_result(told, "rolled_back") for told in rest)]
    return sorted(results, key=lambda result: result.line)


def _apart(items: Iterable[Told | Failure]) -> tuple[list[Told], list[RecordResult]]:
    items = list(items)
    counts = Counter(item.external_id for item in items if item.external_id)
    good, results = [], []
    for item in items:
        errors = [_REPEATED] if counts[item.external_id] > 1 else []
        if isinstance(item, Failure):
            results.append(_result(item, "failed", errors=[*errors, *item.errors]))
        elif errors:
            results.append(_result(item, "failed", errors=errors))
        else:
            good.append(item)
    return good, results


def _result(item: Told | Failure, outcome: str, **more: Any) -> RecordResult:
    return RecordResult(item.line, item.external_id, outcome, item.trace_id, **more)


def _tell(source: CrmSource, form: RecordForm, good: Sequence[Told], at: dt.datetime) -> list[RecordResult]:
    if not good:
        return []
    hold_merges_off()
    try:
        with transaction.atomic():
            return _Telling(source, form, at).run(good)
    except _Refused as refusal:
        failed = [
            _result(told, "failed", errors=refusal.problems[told.line])
            for told in good
            if told.line in refusal.problems
        ]
        rest = [told for told in good if told.line not in refusal.problems]
        return failed + _tell(source, form, rest, at)


class _Telling:
    """One pass of the statements over a set of items."""

    def __init__(self, source: CrmSource, form: RecordForm, at: dt.datetime) -> None:
        self.source, self.form, self.at = source, form, at
        self.told_by = f"crm:{source.slug}"
        kind = Activities if form is ACTIVITY_FORM else Encounters
        self.kind: Any = kind(self.told_by, at)

    def run(self, items: Sequence[Told]) -> list[RecordResult]:
        keys = self._keys(items)
        rows = self.kind.rows(keys)
        self._refuse({told.line: [_NOT_FOUND] for told in items if _is_missing(told, keys, rows)})
        columns, unknown = columns_of(items, form=self.form, source=self.source, at=self.at)
        self._refuse(unknown)
        plans = [self._plan(told, keys[told.external_id], rows, columns[told.line]) for told in items]
        self._refuse({plan.told.line: missing for plan in plans if (missing := plan.missing)})
        self._record(plans)
        self._mark_repeats(plans)
        self._move_states(plans)
        self._note(plans)
        return self._results(plans)

    def _refuse(self, problems: Mapping[int, Sequence[FieldError]]) -> None:
        if problems:
            raise _Refused(problems)

    # --- Names ---------------------------------------------------------------------------------------------------
    def _keys(self, items: Sequence[Told]) -> dict[str, RecordKey]:
        """The keys of the items, new ones reserved, locked in one order."""
        record_type = self.form.record_type
        names = sorted(told.external_id for told in items)
        news = sorted(told.external_id for told in items if told.op != UPDATE_ONLY)
        RecordKey.objects.bulk_create(
            [RecordKey(source=self.source, record_type=record_type, external_id=name) for name in news],
            ignore_conflicts=True,
        )
        rows = RecordKey.objects.filter(source=self.source, record_type=record_type, external_id__in=names)
        return {key.external_id: key for key in rows.order_by("external_id").select_for_update()}

    def _plan(self, told: Told, key: RecordKey, rows: Mapping[str, Any], columns: Mapping[str, Any]) -> Plan:
        row = rows.get(told.external_id)
        held = self.form.empty if row is None else self.kind.values_of(row)
        return plan_of(self.form, told, key, row, held, columns)

    # --- Writing -------------------------------------------------------------------------------------------------
    def _record(self, plans: Sequence[Plan]) -> None:
        told = [plan for plan in plans if plan.is_new or plan.applied - {"duplicate_of"}]
        if not told:
            return
        recorded = self.kind.record(told)
        pairs = list(zip(told, recorded, strict=True))
        self._refuse({plan.told.line: self._errors(result.error) for plan, result in pairs if result.error})

    def _errors(self, error: DomainError) -> list[FieldError]:
        if isinstance(error, InvalidInput):
            return [FieldError(e.code, e.detail, self.form.pointers.get(e.pointer, "")) for e in error.errors]
        return [FieldError(error.code, error.message, "/external_id")]

    def _mark_repeats(self, plans: Sequence[Plan]) -> None:
        told = [plan for plan in plans if "duplicate_of" in plan.applied]
        if not told:
            return
        names = {plan.content["duplicate_of"] for plan in told if isinstance(plan.content["duplicate_of"], str)}
        rows = self.kind.rows({*names, *(plan.told.external_id for plan in told)})
        originals = {}
        for plan in told:
            named = plan.content["duplicate_of"]
            originals[rows[plan.told.external_id].pk] = rows[named].pk if isinstance(named, str) else named
        lines = {rows[plan.told.external_id].pk: plan.told.line for plan in told}
        chains = mark_duplicate_activities(originals=originals, at=self.at, traces=_traces(told))
        chain = DuplicateChain()
        problem = FieldError(chain.code, chain.message, self.form.pointer_of("duplicate_of"))
        self._refuse({lines[key]: [problem] for key in chains})

    def _move_states(self, plans: Sequence[Plan]) -> None:
        gone = [plan for plan in plans if plan.is_deleted and (plan.is_new or not plan.was_deleted)]
        back = [plan for plan in plans if plan.was_deleted and not plan.is_deleted]
        rows = self.kind.rows({plan.told.external_id for plan in (*gone, *back)}) if gone or back else {}
        lost = [rows[plan.told.external_id] for plan in gone if plan.told.external_id in rows]
        found = [rows[plan.told.external_id] for plan in back if plan.told.external_id in rows]
        if lost:
            self.kind.withdraw(lost, _traces(gone))
        if ours := [row for row in found if row.withdrawn_reason == DELETED_BY_SOURCE]:
            self.kind.restore(ours, _traces(back))

    def _note(self, plans: Sequence[Plan]) -> None:
        """Write the clocks that moved, by one statement: the keys are there and locked, so inserts meet their rows."""
        moved = [plan.key for plan in plans if plan.wins or plan.moves_state]
        if moved:
            RecordKey.objects.bulk_create(
                moved,
                update_conflicts=True,
                unique_fields=["source", "record_type", "external_id"],
                update_fields=["is_deleted", "clocks"],
            )

    def _results(self, plans: Sequence[Plan]) -> list[RecordResult]:
        rows = self.kind.rows({plan.told.external_id for plan in plans})
        results = []
        for plan in plans:
            row = rows.get(plan.told.external_id)
            shown = {"public_id": row.public_id, "version": row.version} if row is not None else {}
            fields = {"applied_fields": sorted(plan.applied), "stale_fields": sorted(plan.stale)}
            results.append(_result(plan.told, plan.outcome, **shown, **fields))
        return results


def _is_missing(told: Told, keys: Mapping[str, RecordKey], rows: Mapping[str, Any]) -> bool:
    """Nothing to update, or to restore where the item itself tells nothing."""
    key = keys.get(told.external_id)
    if told.op == UPDATE_ONLY:
        return key is None or key.is_deleted or told.external_id not in rows
    return told.op == RESTORE and told.external_id not in rows and not (told.values or told.relations)


def _traces(plans: Iterable[Plan]) -> dict[str, str]:
    return {plan.told.external_id: plan.told.trace_id for plan in plans}
