"""The change feed: what happened since a place, for one reader. `crm-sync` section 9.

Whoever reads numbers first, so an answer holds whatever was committed before it was asked for; where `number_events`
has to give up, `lag_seconds` tells how old the first missing event is. A place is an epoch and a position; positions
are dense, so what a page leaves out (other types, the reader's own changes) is passed over and nothing else.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.db import connection, transaction

from clg.errors import DomainError
from clg.events.kinds import kinds, refs, spelled_out
from clg.events.numbering import number_events
from clg.models import FeedState

# Positions that one page looks at: a rare type makes short pages, never a long wait.
SCAN: Final = 10_000
RETAINED_DAYS: Final = 30
_HERE: Final = Path(__file__).parent
# Which events a reader may have: the condition that the feed and the webhooks share.
ADMITTED: Final = (_HERE / "feed_admitted.sql").read_text()
_START_AGAIN: Final = (
    "Ask for /changes?from=now and keep its next_cursor.",
    "Read every list you follow from its beginning, and put what you hold in its place.",
    "Go on from the kept cursor.",
)


class PlaceExpired(DomainError):
    """The cursor is older than what is kept, or of the time before a restore; start again."""

    code = "cursor_expired"

    def __init__(self) -> None:
        super().__init__(str(type(self).__doc__), data={"steps": list(_START_AGAIN)})


@dataclass(frozen=True)
class Place:
    """How far a reader has come: everything up to the position is known to it."""

    epoch: uuid.UUID
    position: int


@dataclass(frozen=True)
class Audience:
    """A reader: the types it may have, refs it may be told, and by what its own changes are known."""

    shared: frozenset[str]
    private: frozenset[str]
    refs: tuple[str, ...]
    actor: str
    source: str
    source_id: int | None


@dataclass(frozen=True)
class Changes:
    """Some entries as the text of a JSON array, and the place behind them; `lag_seconds` tells how old the next is."""

    entries: str
    place: Place
    has_more: bool
    lag_seconds: float


def audience_of(principal: Any, *, actor: str) -> Audience:
    """What a client may hear by its scopes, or a person by their roles."""
    allowed = [kind for kind in kinds() if kind.may(principal)]
    source = getattr(principal, "source", None)
    return Audience(
        shared=frozenset(name for kind in allowed if not kind.is_private for name in kind.types),
        private=frozenset(name for kind in allowed if kind.is_private for name in kind.types),
        refs=tuple(ref.name for ref in refs() if ref.may(principal)),
        actor=actor,
        source=source.slug if source else "",
        source_id=source.pk if source else None,
    )


def newest_place() -> Place:
    """Behind everything that is committed now."""
    number_events()
    state = FeedState.objects.get()
    return Place(state.epoch, state.last_position)


def oldest_place() -> Place:
    """Before the oldest event that is kept."""
    state = FeedState.objects.get()
    return Place(state.epoch, state.purged_position)


@transaction.atomic
def start_epoch() -> Place:
    """Make every cursor given so far expire: a restore took back what some of them had read."""
    state = FeedState.objects.select_for_update().get()
    state.epoch = uuid.uuid4()
    state.save(update_fields=["epoch"])
    return Place(state.epoch, state.last_position)


def changes_after(
    place: Place, audience: Audience, *, limit: int, names: Iterable[str] | None = None, exclude_own: bool = True
) -> Changes:
    """The next entries for this reader, at most `limit`, of the kinds and types named. Raises `PlaceExpired`."""
    number_events()
    row = _read(_page(), {**_words(audience, names, exclude_own), "after": place.position, "limit": limit})
    epoch, last, purged, position, entries, lag = row
    if epoch != place.epoch or not purged <= place.position <= last:
        raise PlaceExpired
    return Changes(entries, Place(epoch, position), has_more=position < last, lag_seconds=max(0.0, round(lag, 3)))


def entry_of(event_key: int, audience: Audience) -> dict[str, Any] | None:
    """One event as this reader finds it in the feed; `None` for a type that is not (any more) for the reader."""
    values = {**_words(audience, None, exclude_own=False), "event": event_key}
    with connection.cursor() as cursor:
        cursor.execute(_single(), values)
        row = cursor.fetchone()
    return None if row is None else json.loads(row[0])


def _words(audience: Audience, names: Iterable[str] | None, exclude_own: bool) -> dict[str, Any]:
    wanted = None if names is None else spelled_out(names)
    return {
        "shared": sorted(audience.shared if wanted is None else audience.shared & wanted),
        "private": sorted(audience.private if wanted is None else audience.private & wanted),
        "refs": list(audience.refs),
        "actor": audience.actor,
        "source": audience.source,
        "source_id": audience.source_id,
        "exclude_own": exclude_own,
        "scan": SCAN,
        "prefixes": _prefixes(),
    }


def _read(statement: str, values: dict[str, Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] = cursor.fetchone()
    return row


@cache
def _page() -> str:
    """The statement of a page, once every floor has registered what it refers to."""
    page = (_HERE / "feed.sql").read_text()
    return page.format(admitted=ADMITTED, entries=_entries())


@cache
def _single() -> str:
    """The statement of one event."""
    chosen = f"chosen AS MATERIALIZED (SELECT e.* FROM clg_outboxevent e WHERE e.id = %(event)s AND {ADMITTED})"
    return f"WITH {chosen}, {_entries()} SELECT entry::text FROM entries"


@cache
def _entries() -> str:
    each = (f"SELECT '{ref.name}' AS kind, of_{ref.name}.* FROM ({ref.external_ids}) of_{ref.name}" for ref in refs())
    names = "\n UNION ALL\n".join(each)
    return (_HERE / "feed_entries.sql").read_text().format(names=names)


@cache
def _prefixes() -> str:
    """Object types and names of refs with the prefixes of their ids, as JSON."""
    of_objects = {name: prefix for kind in kinds() for name, prefix in kind.objects.items()}
    return json.dumps({**of_objects, **{ref.name: ref.prefix for ref in refs()}})
