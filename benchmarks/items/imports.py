"""CRM import: 100,000 contacts of 20,000 accounts, first load, a tenth changed, nothing changed."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from accounts.choices import SourceKind
from accounts.models import CrmSource
from accounts.sync.engine import upsert
from accounts.sync.objects import ACCOUNT, CONTACT, SyncObject
from benchmarks.naive.imports import import_by_bulk_create
from benchmarks.result import Result, exponent
from benchmarks.server import Server
from benchmarks.tables import Copied, execute, number, without_triggers
from benchmarks.timing import Side, interleave, once, peak_rss_mb

CONTACTS: Final = 100_000
PER_ACCOUNT: Final = 5
BATCH: Final = 5000  # lines a transaction, as the import takes them
RUNS: Final = 3
WRITTEN: Final = ("accounts_contact", "accounts_externalidentity", "accounts_contacthistory", "clg_outboxevent")
FLOORS: Final = {"accounts_externalidentity": "object_type = 'contact'", "clg_outboxevent": "object_type = 'contact'"}
RawItem = dict[str, Any]


def measure(server: Server, scale: float) -> Iterator[Result]:
    """Load against COPY and bulk_create; then the file again, with a tenth of new titles, and as it was."""
    at = timezone.now()
    with server.database("bench_import"):
        source = _source_with_accounts(scale, at)
        items = _contacts(scale, at, turn=0)
        load = _load(source, items, scale, at)
        yield load
        yield from _again(source, items, scale, at)
    with server.database("bench_import_tenth"):
        source = _source_with_accounts(scale / 10, at)
        few = _contacts(scale / 10, at, turn=0)
        side = Side("load", lambda: _send(source, CONTACT, few, at), reset=_forget_contacts)
        seconds = interleave([side], runs=RUNS)["load"]
        growth = exponent(seconds, load.seconds, 10)
        yield Result("import_100k, first load at a tenth", scale / 10, len(few), seconds,
                     note=f"cost grows with rows to the power {growth:.2f}")  # fmt: skip


def _load(source: CrmSource, items: Sequence[RawItem], scale: float, at: dt.datetime) -> Result:
    _send(source, CONTACT, items, at)
    copied = Copied(WRITTEN, with_keys=True)
    copied.take(FLOORS)
    ours = Side("ours", lambda: _send(source, CONTACT, items, at), reset=_forget_contacts)
    floor = Side("floor", copied.copy, reset=copied.empty)
    bulk = Side("bulk", lambda: import_by_bulk_create(source, items, BATCH), reset=_forget_contacts)
    medians = interleave([floor, bulk, ours], runs=RUNS, warm_up=False)
    result = Result(
        item="import_100k, first load",
        scale=scale,
        rows=len(items),
        seconds=medians["ours"],
        floor_seconds=medians["floor"],
        baseline_seconds=medians["bulk"],
        goal="<= 2x floor, >= 3x bulk_create",
        peak_rss_mb=peak_rss_mb(),
        note="contacts in batches of 5,000, checked and merged; floor: COPY of the rows, identities, history and"
        " events into tables with the same indexes and keys; baseline: the same rows by bulk_create",
    )
    return Result(**{**result.__dict__, "met": (result.vs_floor or 9e9) <= 2 and (result.vs_baseline or 0) >= 3})


def _again(source: CrmSource, items: Sequence[RawItem], scale: float, at: dt.datetime) -> Iterator[Result]:
    turns = iter(range(1, 100))
    waiting: list[list[RawItem]] = []
    changed = Side("ours", lambda: _send(source, CONTACT, waiting.pop(), at),
                   reset=lambda: waiting.append(_contacts(scale, at, turn=next(turns))))  # fmt: skip
    bulk = once(lambda: import_by_bulk_create(source, _contacts(scale, at, turn=9), BATCH, is_update=True))
    seconds = interleave([changed], runs=RUNS, warm_up=False)["ours"]
    yield Result("import_100k, a tenth changed", scale, len(items), seconds, baseline_seconds=bulk,
                 goal=">= 6x bulk_create", met=bulk / seconds >= 6,
                 note="a tenth carries a newer clock and another title; baseline: bulk_create(update_conflicts)",
                 )  # fmt: skip
    last = _contacts(scale, at, turn=next(turns))
    _send(source, CONTACT, last, at)
    before = number("SELECT count(*) FROM clg_outboxevent") + number("SELECT count(*) FROM accounts_contacthistory")
    seconds = interleave([Side("same", lambda: _send(source, CONTACT, last, at))], runs=RUNS)["same"]
    after = number("SELECT count(*) FROM clg_outboxevent") + number("SELECT count(*) FROM accounts_contacthistory")
    yield Result("import_100k, nothing changed", scale, len(items), seconds, goal="0 row writes", met=after == before,
                 note=f"{after - before} history and event rows written by {RUNS + 1} runs")  # fmt: skip


def _source_with_accounts(scale: float, at: dt.datetime) -> CrmSource:
    source = CrmSource.objects.create(slug="bench", name="Bench", kind=SourceKind.OTHER, rank=1)
    accounts = int(CONTACTS * scale) // PER_ACCOUNT
    _send(source, ACCOUNT, [_account(n, at) for n in range(accounts)], at)
    return source


def _send(source: CrmSource, of: SyncObject, items: Sequence[RawItem], at: dt.datetime) -> None:
    for start in range(0, len(items), BATCH):
        results = upsert(source=source, of=of, raw_items=items[start : start + BATCH], at=at)
        assert not any(result.outcome == "failed" for result in results)


def _account(n: int, at: dt.datetime) -> RawItem:
    fields = {"name": f"Account {n}", "domain": f"account{n}.example", "lifecycle": "customer"}
    return {"external_id": f"a{n}", "source_updated_at": at - dt.timedelta(days=2), "fields": fields}


def _contacts(scale: float, at: dt.datetime, turn: int) -> list[RawItem]:
    """The whole file as of a turn: each turn gives another tenth of the people a new title and a newer clock."""
    count = int(CONTACTS * scale)
    items = [_contact(n, count // PER_ACCOUNT, at - dt.timedelta(days=1), turn) for n in range(count)]
    # A file is read chunk by chunk; here all of it stands in memory, where Python's collector would walk it each time.
    gc.freeze()
    return items


def _contact(n: int, accounts: int, start: dt.datetime, turn: int) -> RawItem:
    moved = max((past for past in range(1, turn + 1) if past % 10 == n % 10), default=0)
    title = f"Director {moved}" if moved else "Manager"
    return {
        "external_id": f"c{n}",
        "source_updated_at": start + dt.timedelta(minutes=moved),
        "fields": {
            "first_name": "Ada",
            "last_name": f"Contact {n}",
            "email": f"contact{n}@account{n % accounts}.example",
            "title": title,
            "seniority": "manager",
            "persona": "Operations",
            "phone": "+1 555 0100",
            "country": "US",
            "language": "en",
            "left_on": None,
        },
        "relations": {"account": {"external_id": f"a{n % accounts}"}},
    }


def _forget_contacts() -> None:
    with without_triggers():
        execute("DELETE FROM accounts_externalidentity WHERE object_type = 'contact'")
        execute("DELETE FROM accounts_contact")
        execute("TRUNCATE accounts_contacthistory, clg_outboxevent CASCADE")
    connection.ensure_connection()
    execute("VACUUM ANALYZE accounts_externalidentity, accounts_contact")
