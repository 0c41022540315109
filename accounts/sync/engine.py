"""The merge: one path for API batches and imports. A batch of any size costs the same few statements.

Per batch, in one transaction: COPY of the checked items to staging, names reserved, a plan that compares clock by
clock, locks in one order, then inserts, updates of only what differs, stages, roles, clocks, conflicts; every change
writes its outbox event in its own statement. Savepoints per item are defects. When PostgreSQL still refuses a batch,
it is undone and halved until the offending item stands alone. `crm-sync` section 4.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from django.db import DataError, IntegrityError, InternalError, connection, transaction

from accounts.choices import ObjectType, SourceOrdering
from accounts.models import CrmSource, ExternalIdentity
from accounts.sync.away import merge_away
from accounts.sync.joining import Merged
from accounts.sync.left import Left, items_of
from accounts.sync.linking import link_accounts
from accounts.sync.locks import hold_merges_off, lock_merges
from accounts.sync.merging import merge_names
from accounts.sync.objects import ACCOUNT, BY_TYPE, CONTACT, SyncObject
from accounts.sync.orders import MergeOrder
from accounts.sync.parse import Failure, Item, Parser, public_id_of
from accounts.sync.received import newest_of, note_received
from accounts.sync.results import PASSED_ON, REDIRECTED, REFUSED, Result, failed, failed_item
from accounts.sync.statements import DELETE, statement
from clg.errors import FieldError
from clg.events.origin import current_origin
from clg.events.outbox import tells_each

# Measured: without statistics of the staged rows the planner joins 5,000 of them by nested loops, 100 times slower.
ANALYZE_FROM_ITEMS: Final = 500
# A table that knows of fewer rows than this many batches is analysed again: the job is multiplying it.
THIN_BELOW_BATCHES: Final = 4
# Columns of identities by which they are found; their arrays of clocks are left out.
IDENTITY_KEYS: Final = (
    "source_id",
    "object_type",
    "external_id",
    "account_id",
    "contact_id",
    "opportunity_id",
    "canonical_id",
    "state",
)
# Columns of the staged rows that the plan fills and the writing statements read their rows by.
PLANNED: Final = (
    "object_id",
    "identity_id",
    "is_new",
    "has_work",
    "state_wins",
    "changes",
    "conflicts",
    "object_change",
)
# Fields of the first source are nobody else's, so it asks for no other's clocks.
HIGHEST_RANK: Final = 1
# Batches that name parents take turns: each of two could add its half of a circle that neither sees. Any number.
PARENTS_LOCK: Final = 5_014_902


class _RefusedItems(Exception):
    """Some items of the batch must fail: it is undone and run again without them. Line -> error."""

    def __init__(self, problems: Mapping[int, FieldError]) -> None:
        super().__init__(f"{len(problems)} items")
        self.problems = problems


class _RolledBack(Exception):
    """An all-or-nothing batch with a failure: nothing of it is stored."""


def upsert(
    *,
    source: CrmSource,
    of: SyncObject,
    raw_items: Sequence[Mapping[str, Any]],
    at: dt.datetime,
    all_or_none: bool = False,
) -> list[Result]:
    """Check and merge items as they came, in one transaction; one result an item, in their order.

    An external id twice in one call fails each time it stands there. With `all_or_none` one failed item undoes all.
    """
    parser = Parser(of, source, at=at)
    parsed = [parser.parse(raw, line) for line, raw in enumerate(raw_items)]
    good, results = _without_duplicates(parsed)
    note = partial(note_received, source=source, of=of, newest=newest_of(good), stages=parser.unmapped_stages, at=at)
    try:
        # A savepoint of its own is needed only by who may have to go back to it.
        with transaction.atomic(savepoint=all_or_none):
            if not (all_or_none and results):
                results += merge(source=source, of=of, items=good, at=at)
            if all_or_none and any(result.outcome == "failed" for result in results):
                raise _RolledBack
            note(results=results)
    except _RolledBack:
        failed = [result for result in results if result.outcome == "failed"]
        lines = {result.line for result in failed}
        results = failed + [
            Result(item.line, item.external_id, "rolled_back", item.trace_id) for item in good if item.line not in lines
        ]
        note(results=results)
    return sorted(results, key=lambda result: result.line)


def _without_duplicates(parsed: Iterable[Item | Failure]) -> tuple[list[Item], list[Result]]:
    problem = FieldError("duplicate_in_request", "This external id stands here twice.", pointer="/external_id")
    parsed = list(parsed)
    seen = Counter(item.external_id for item in parsed if item.external_id)
    good, results = [], []
    for item in parsed:
        if isinstance(item, Failure):
            more = [problem] if seen[item.external_id] > 1 else []
            results.append(failed(replace(item, errors=[*more, *item.errors])))
        elif seen[item.external_id] > 1:
            results.append(failed_item(item, problem))
        else:
            good.append(item)
    return good, results


def merge(*, source: CrmSource, of: SyncObject, items: Sequence[Item], at: dt.datetime) -> list[Result]:
    """Merge checked items, several of one row by their clocks. Call inside a transaction."""
    if not items:
        return []
    merging = [item for item in items if item.merged_into]
    if merging:
        lock_merges()  # at once: two batches that share it would wait for each other
    else:
        hold_merges_off()
    writing = [item for item in items if not item.merged_into] if merging else items
    results = _write(source, of, writing, at)
    # After what the batch writes, so that a winner may stand beside its loser.
    return results + merge_away(source=source, of=of, items=merging, merge=partial(merge_named_rows, at=at))


def _write(source: CrmSource, of: SyncObject, items: Sequence[Item], at: dt.datetime) -> list[Result]:
    if not items:
        return []
    winners = _winners(source, of, items)
    results: list[Result] = []
    for wave in _waves(items, lambda item: winners.get(item.external_id, item.external_id)):
        results += _merge_wave(source, of, wave, at, winners)
    return results


def merge_named_rows(*, source: CrmSource, of: SyncObject, order: MergeOrder, at: dt.datetime) -> Merged:
    """Merge rows that a source names; what losers wrote after the merge goes to the winner by its clocks.

    Call inside a transaction. Raises `UnknownWinner`, `MergeCycle`, `MergeTypeMismatch`.
    """

    def pass_on(left: Sequence[Left]) -> set[str]:
        results = merge(source=source, of=of, items=items_of(source, of, left, at=at), at=at)
        return {name for result in results for name in result.applied_fields}

    return merge_names(source=source, of=of, order=order, at=at, pass_on=pass_on)


def _winners(source: CrmSource, of: SyncObject, items: Sequence[Item]) -> dict[str, str]:
    """Of the items' names those that were merged away, with the names of their winners."""
    with connection.cursor() as cursor:
        names = [item.external_id for item in items]
        cursor.execute(statement(of, "merged_names"), {"source": source.pk, "names": names})
        return dict(cursor.fetchall())


def _waves(items: Iterable[Item], row_of: Callable[[Item], str]) -> list[list[Item]]:
    """Batches in which no row stands twice: a row's second item goes into the next, and its clock says which wins."""
    found: list[list[Item]] = []
    seen: Counter[str] = Counter()
    for item in items:
        wave = seen[row_of(item)]
        seen[row_of(item)] += 1
        if wave == len(found):
            found.append([])
        found[wave].append(item)
    return found


def _merge_wave(
    source: CrmSource, of: SyncObject, items: Sequence[Item], at: dt.datetime, winners: Mapping[str, str]
) -> list[Result]:
    """Merge items of distinct rows, those of names merged away into `winners`."""
    if not items:
        return []
    batch = _Batch(source, of, at, winners)
    if of is ACCOUNT and batch.named_relations(items):
        # Before any row is locked, and outside the savepoint, so that it is held to the end.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PARENTS_LOCK])
    try:
        with transaction.atomic():
            return batch.run(items)
    except _RefusedItems as refusal:
        refused = [failed_item(item, refusal.problems[item.line]) for item in items if item.line in refusal.problems]
        rest = [item for item in items if item.line not in refusal.problems]
        return refused + _merge_wave(source, of, rest, at, winners)
    except (IntegrityError, DataError, InternalError):
        if len(items) == 1:
            return [failed_item(items[0], REFUSED)]
        middle = len(items) // 2
        halves = items[:middle], items[middle:]
        return [result for half in halves for result in _merge_wave(source, of, half, at, winners)]


class _Batch:
    """One pass of the statements over one set of items."""

    def __init__(self, source: CrmSource, of: SyncObject, at: dt.datetime, winners: Mapping[str, str]) -> None:
        origin = current_origin()
        self.source = source
        self.of = of
        self.winners = winners
        self.params: dict[str, Any] = {
            # A name of the batch in the staging table; 62 random bits meet no other.
            "batch": secrets.randbits(62),
            "source": source.pk,
            "rank": source.rank,
            "at": at,
            "by_moment": source.ordering == SourceOrdering.UPDATED_AT,
            "again": False,
            "origin_kind": origin.kind,
            "origin_source": origin.source or source.slug,
            "origin_actor": origin.actor,
            "tells_each": tells_each(),
        }

    def run(self, items: Sequence[Item]) -> list[Result]:
        with connection.cursor() as self.cursor:
            self._find_named_by_us(items)
            self._stage(items)
            born = self._reserve()
            self._analyze_when_thin(len(items), ExternalIdentity._meta.db_table, *IDENTITY_KEYS)
            self._plan(items)
            self._refuse_circles()
            self._write(len(items))
            return self._results(items, born)

    # --- In --------------------------------------------------------------------------------------------------
    def _find_named_by_us(self, items: Sequence[Item]) -> None:
        """Turn relations by our own public id into keys; one statement a relation, and none where nobody uses them."""
        for relation in self.of.relations:
            wanted = {item.line: item for item in items if item.wanted_ids and relation.name in item.wanted_ids}
            if not wanted:
                continue
            uuids = {line: public_id_of(relation, item.wanted_ids[relation.name]) for line, item in wanted.items()}  # type: ignore[index]
            rows = BY_TYPE[relation.to].model._default_manager.filter(public_id__in=[u for u in uuids.values() if u])
            known = dict(rows.values_list("public_id", "pk"))
            unknown = FieldError("unknown_relation", "No such row.", pointer=f"/relations/{relation.name}")
            problems = {line: unknown for line, found in uuids.items() if found not in known}
            if problems:
                raise _RefusedItems(problems)
            place = list(self.of.staged_columns()).index(f"{relation.name}_id") - 2
            for line, item in wanted.items():
                item.row[place] = known[uuids[line]]

    def _stage(self, items: Sequence[Item]) -> None:
        self.named = self.named_relations(items)
        columns = ", ".join(self.of.staged_columns())
        table = self.of.staged._meta.db_table
        with self.cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for item in items:
                copy.write_row((self.params["batch"], item.line, *item.row))
        names = [f"{relation.name}_ref" for relation in self.of.relations if relation.name in self.named]
        self._analyze(len(items), table, "batch_id", "line", "external_id", "op", *names)

    def named_relations(self, items: Sequence[Item]) -> frozenset[str]:
        """The relations that any item names, by its source's id or by ours."""
        columns = list(self.of.staged_columns())[2:]
        places = {relation.name: columns.index(f"{relation.name}_ref") for relation in self.of.relations}
        return frozenset(
            name
            for name, place in places.items()
            if any(item.row[place] is not None or name in (item.wanted_ids or ()) for item in items)
        )

    # --- Names -----------------------------------------------------------------------------------------------
    def _reserve(self) -> set[str]:
        """Identities and incomplete rows for all that is named, accounts before contacts before deals; the new ids."""
        for related in self._related():
            self._run("reserve_related", related=related)
            self._run("raise_tombstones", related=related)
            self._run("placeholders", related=related)
        if self.of is ACCOUNT and self.source.match_accounts_by_domain:
            link_accounts(self.cursor, self.params)
        if self.of is CONTACT and self.source.match_contacts_by_email:
            self._run("match_contact")
        self._run("reserve")
        born = {name for (name,) in self.cursor.fetchall()}
        self._run("raise_tombstones")
        if self.of.relations and any(relation.to == self.of.object_type for relation in self.of.relations):
            self._run("placeholders")
        return born

    def _related(self) -> list[ObjectType]:
        kinds = {relation.to for relation in self.of.relations} | (
            {ObjectType.CONTACT} if self.of.roles_place else set()
        )
        return [kind for kind in (ObjectType.ACCOUNT, ObjectType.CONTACT) if kind in kinds - {self.of.object_type}]

    # --- Comparing -------------------------------------------------------------------------------------------
    def _plan(self, items: Sequence[Item]) -> None:
        ranked = self.source.rank > HIGHEST_RANK
        redirected = any(item.external_id in self.winners for item in items)
        self._run("plan", ranked=ranked, named=self.named, redirected=redirected)
        # Only now do the columns stand by which the writing statements join.
        self._analyze(len(items), self.of.staged._meta.db_table, *PLANNED)
        self._run("lock")
        self.params["again"] = True
        self._run("plan", ranked=ranked, named=self.named, redirected=redirected)

    def _analyze(self, size: int, table: str, *columns: str) -> None:
        """Statistics of the columns that statements join and filter by; those of all cost several times more."""
        if size > ANALYZE_FROM_ITEMS:
            self.cursor.execute(f"ANALYZE {table} ({', '.join(columns)})")

    def _analyze_when_thin(self, size: int, table: str, *columns: str) -> None:
        """Tell the planner of a table that this batch multiplies; its key checks forget their plans, too."""
        if size <= ANALYZE_FROM_ITEMS:
            return
        self.cursor.execute(
            "SELECT reltuples < %s FROM pg_class WHERE oid = %s::regclass", [size * THIN_BELOW_BATCHES, table]
        )
        if self.cursor.fetchone() == (True,):
            self._analyze(size, table, *columns)

    def _refuse_circles(self) -> None:
        if self.of is not ACCOUNT:
            return
        self._run("circles")
        problem = FieldError("relation_cycle", "These parents would form a circle.", pointer="/relations/parent")
        problems = {line: problem for (line,) in self.cursor.fetchall()}
        if problems:
            raise _RefusedItems(problems)

    # --- Writing ---------------------------------------------------------------------------------------------
    def _write(self, size: int) -> None:
        self._run("conflicts")
        self._run("insert")
        keys = [f"{relation.name}_id" for relation in self.of.relations]
        self._analyze_when_thin(size, self.of.model._meta.db_table, "id", *keys)
        self._run("update")
        self._run("clocks")
        if self.of.roles_place:
            self._run("stages")
            self._run("roles_gone")
            self._run("roles")
        # Names came before rows: now every key must hold, so that a refusal is ours to halve, not the commit's.
        self.cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")

    def _results(self, items: Sequence[Item], born: set[str]) -> list[Result]:
        self._run("results")
        traces = {item.line: item.trace_id for item in items}
        return [self._result(row, traces, born) for row in self.cursor.fetchall()]

    def _result(self, row: tuple[Any, ...], traces: Mapping[int, str], born: set[str]) -> Result:
        line, name, outcome, op, applies, stale, ignored, public_id, version, complete = row
        if not outcome:
            problem = FieldError("not_found", "There is nothing of this id to update.", pointer="/external_id")
            return Result(line, name, "failed", traces[line], errors=[problem])
        if op == DELETE and name in born:
            # A tombstone for an id never seen: planned as one that stood there before.
            outcome = "deleted"
        names = self.of.names
        is_redirected = outcome in (REDIRECTED, PASSED_ON)
        return Result(
            line,
            name,
            REDIRECTED if is_redirected else outcome,
            traces[line],
            public_id,
            version,
            complete,
            names(applies) if applies else (),
            names(stale) if stale else (),
            names(ignored) if ignored else (),
            merged_into=self.winners[name] if is_redirected else "",
            applied=outcome == PASSED_ON if is_redirected else None,
        )

    def _run(self, name: str, **choices: Any) -> None:
        self.cursor.execute(statement(self.of, name, **choices), dict(self.params))
