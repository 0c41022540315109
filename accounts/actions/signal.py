"""Storing observed facts, many at once: repeats are kept out, corrections turn the old row off. `readiness` 2 and 13.

Ten statements at most, whatever the number of items. Items that fail are told why and never reach SQL; the others go
on. Any order and any repetition of the same items ends in the same current rows: of two payloads of one id the newer
clock wins, at equal clocks the greater hash.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from django.db import connection, transaction

from accounts.hooks import signals_stored
from accounts.models import CrmSource
from accounts.signal_subjects import Subjects, subjects_of
from accounts.signals import Fact, read_fact
from accounts.sync import values
from accounts.sync.locks import hold_merges_off
from clg.errors import FieldError

Clock: TypeAlias = tuple[int, int]
Outcome: TypeAlias = Literal["created", "updated", "unchanged", "stale", "failed", "rolled_back"]

# Reads accounts_signalkey_once. A rival's uncommitted key is waited for; both go by external id, so nobody deadlocks.
_RESERVE: Final = """
INSERT INTO accounts_signalkey (source, external_id, signal_id, payload_hash, clock)
SELECT %(source)s, k.external_id, k.signal_id, decode(k.hash, 'hex'), ARRAY[k.major, k.minor]
  FROM unnest(%(external_ids)s::text[], %(signal_ids)s::bigint[], %(hashes)s::text[], %(majors)s::bigint[],
              %(minors)s::bigint[]) AS k (external_id, signal_id, hash, major, minor)
 ORDER BY k.external_id COLLATE "C"
ON CONFLICT (source, external_id) DO NOTHING
RETURNING external_id
"""
_LOCK: Final = """
SELECT external_id, signal_id, encode(payload_hash, 'hex'), clock FROM accounts_signalkey
 WHERE source = %s AND external_id = ANY (%s) ORDER BY external_id COLLATE "C" FOR UPDATE
"""
_MOVE: Final = """
UPDATE accounts_signalkey k
   SET signal_id = n.signal_id, payload_hash = decode(n.hash, 'hex'), clock = ARRAY[n.major, n.minor]
  FROM unnest(%(external_ids)s::text[], %(signal_ids)s::bigint[], %(hashes)s::text[], %(majors)s::bigint[],
              %(minors)s::bigint[]) AS n (external_id, signal_id, hash, major, minor)
 WHERE k.source = %(source)s AND k.external_id = n.external_id
"""
_OUTDATE: Final = "UPDATE accounts_signal SET is_current = false WHERE id = ANY (%s) AND is_current"
_STORE: Final = """
INSERT INTO accounts_signal (id, kind, account_id, contact_id, raw, value, observed_at, source, external_id)
SELECT s.id, s.kind, s.account_id, s.contact_id, s.raw, s.value, s.observed_at, %(source)s, s.external_id
  FROM unnest(%(ids)s::bigint[], %(kinds)s::text[], %(accounts)s::bigint[], %(contacts)s::bigint[],
              %(raws)s::numeric[], %(values)s::numeric[], %(moments)s::timestamptz[], %(external_ids)s::text[])
    AS s (id, kind, account_id, contact_id, raw, value, observed_at, external_id)
"""
_NUMBERS: Final = "SELECT nextval(pg_get_serial_sequence('accounts_signal', 'id')) FROM generate_series(1, %s)"


@dataclass(frozen=True, slots=True)
class Named:
    """A related row as the sender names it: by its source's id, by our public id or by our key."""

    external_id: str = ""
    public_id: uuid.UUID | None = None
    pk: int | None = None


@dataclass(frozen=True, slots=True)
class SignalItem:
    """One observation as it came. `clock` orders what the source says of one external id; None: the moment of storing.

    Without an account the contact's own is meant. Without an external id nothing keeps a repeat out.
    """

    kind: str
    raw: object
    observed_at: object
    account: Named | None = None
    contact: Named | None = None
    external_id: str = ""
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class SignalResult:
    """What became of the item at `index`; errors only where it failed."""

    index: int
    outcome: Outcome
    signal_id: int | None = None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class _Good:
    """A checked item on its way. `payload` is the hash of what was sent, so a merge of accounts changes no repeat."""

    index: int
    fact: Fact
    account_id: int
    contact_id: int | None
    external_id: str
    payload: str
    clock: Clock


@transaction.atomic
def store_signals(
    items: Sequence[SignalItem],
    *,
    source: str,
    at: dt.datetime,
    names: CrmSource | None = None,
    all_or_none: bool = False,
) -> list[SignalResult]:
    """Stores what is good of `items` and answers one result an item, in their order.

    `source` names who observed (`product`, `survey`, `crm:<id>`); `names` is the outside system whose ids the items use
    for accounts and contacts. With `all_or_none` one failure keeps everything out.
    """
    hold_merges_off()
    subjects = subjects_of(items, names)
    repeated = {
        key for key, count in Counter(item.external_id for item in items if item.external_id).items() if count > 1
    }
    checked = [_checked(index, item, repeated, subjects, at) for index, item in enumerate(items)]
    failed = [result for result in checked if isinstance(result, SignalResult)]
    good = [result for result in checked if isinstance(result, _Good)]
    if all_or_none and failed:
        return _in_order([*failed, *(SignalResult(row.index, "rolled_back") for row in good)])
    return _in_order([*failed, *(_store(good, source) if good else [])])


def _in_order(results: list[SignalResult]) -> list[SignalResult]:
    return sorted(results, key=lambda result: result.index)


def _checked(
    index: int, item: SignalItem, repeated: set[str], subjects: Subjects, at: dt.datetime
) -> _Good | SignalResult:
    misnamed = _external_id_error(item.external_id, repeated)
    if misnamed:
        return SignalResult(index, "failed", errors=(misnamed,))
    fact = read_fact(item.kind, item.raw, item.observed_at, at=at)
    found = subjects.find(item.kind, item.account, item.contact)
    errors = [error for part in (fact, found) if isinstance(part, list) for error in part]
    if isinstance(fact, list) or isinstance(found, list):
        return SignalResult(index, "failed", errors=tuple(errors))
    clock = item.clock or (int(at.timestamp() * 1_000_000), 0)
    return _Good(index, fact, *found, item.external_id, _payload(item, fact), clock)


def _external_id_error(external_id: str, repeated: set[str]) -> FieldError | None:
    if external_id in repeated:
        detail = "This id stands more than once in the call; send it once."
        return FieldError("duplicate_in_request", detail, "/external_id")
    if external_id:
        try:
            values.external_id(external_id, is_salesforce=False)
        except values.BadValue as bad:
            return FieldError(bad.code, bad.detail, "/external_id")
    return None


def _payload(item: SignalItem, fact: Fact) -> str:
    sent = (fact.kind.code, fact.raw.normalize(), fact.observed_at.isoformat(), item.account, item.contact)
    return hashlib.sha256(repr(sent).encode()).hexdigest()


def _store(good: Sequence[_Good], source: str) -> list[SignalResult]:
    ids = dict(zip((row.index for row in good), _new_ids(len(good)), strict=True))
    keyed = [row for row in good if row.external_id]
    reserved = _reserve(keyed, ids, source)
    known = _locked([row.external_id for row in keyed if row.external_id not in reserved], source)
    results = [_result(row, ids[row.index], known.get(row.external_id)) for row in good]
    pairs = list(zip(good, results, strict=True))
    updated = [row for row, result in pairs if result.outcome == "updated"]
    newer = [row for row, result in pairs if result.outcome == "unchanged" and row.clock > known[row.external_id].clock]
    kept = {row.index: known[row.external_id].signal_id for row in newer}
    _move_keys([*updated, *newer], {**ids, **kept}, source)
    _outdate([known[row.external_id].signal_id for row in updated])
    _insert([row for row, result in pairs if result.outcome in ("created", "updated")], ids, source)
    return results


def _new_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, [count])
        return [number for (number,) in cursor.fetchall()]


def _reserve(keyed: Sequence[_Good], ids: Mapping[int, int], source: str) -> set[str]:
    """External ids that were new; their keys now point to the rows about to be stored."""
    if not keyed:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, _key_columns(keyed, ids, source))
        return {external_id for (external_id,) in cursor.fetchall()}


def _key_columns(rows: Sequence[_Good], ids: Mapping[int, int], source: str) -> dict[str, Any]:
    return {
        "source": source,
        "external_ids": [row.external_id for row in rows],
        "signal_ids": [ids[row.index] for row in rows],
        "hashes": [row.payload for row in rows],
        "majors": [row.clock[0] for row in rows],
        "minors": [row.clock[1] for row in rows],
    }


@dataclass(frozen=True, slots=True)
class _Known:
    signal_id: int
    payload: str
    clock: Clock


def _locked(external_ids: list[str], source: str) -> dict[str, _Known]:
    if not external_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [source, external_ids])
        return {row[0]: _Known(row[1], row[2], (row[3][0], row[3][1])) for row in cursor.fetchall()}


def _result(row: _Good, new_id: int, known: _Known | None) -> SignalResult:
    if known is None:
        return SignalResult(row.index, "created", new_id)
    if row.payload == known.payload:
        return SignalResult(row.index, "unchanged", known.signal_id)
    if (row.clock, row.payload) > (known.clock, known.payload):
        return SignalResult(row.index, "updated", new_id)
    return SignalResult(row.index, "stale", known.signal_id)


def _move_keys(rows: Sequence[_Good], signal_ids: Mapping[int, int], source: str) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_MOVE, _key_columns(rows, signal_ids, source))


def _outdate(signal_ids: list[int]) -> None:
    if signal_ids:
        with connection.cursor() as cursor:
            cursor.execute(_OUTDATE, [signal_ids])


def _insert(rows: Sequence[_Good], ids: Mapping[int, int], source: str) -> None:
    if not rows:
        return
    columns: dict[str, Any] = {
        "ids": [ids[row.index] for row in rows],
        "kinds": [row.fact.kind.code for row in rows],
        "accounts": [row.account_id for row in rows],
        "contacts": [row.contact_id for row in rows],
        "raws": [row.fact.raw for row in rows],
        "values": [row.fact.value for row in rows],
        "moments": [row.fact.observed_at for row in rows],
        "external_ids": [row.external_id for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, {**columns, "source": source})
    signals_stored()
