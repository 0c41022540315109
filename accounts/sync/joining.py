"""One merge on its way: names join, pointers move, losers are hidden, and what undoing needs is written down.

`merging.py` says what is to be merged; this does it, under the lock that it took.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from django.db.models import F
from django.db.models.functions import Coalesce

from accounts.choices import IdentityState
from accounts.errors import MergeCycle
from accounts.models import CrmSource, ExternalIdentity, MergeEvent
from accounts.sync.clocks import Clock
from accounts.sync.keys import counts_of, move_keys
from accounts.sync.left import Left, field_clocks_of
from accounts.sync.objects import STATE_PLACE, SyncObject
from accounts.sync.orders import MergeOrder
from clg import codes
from clg.events.origin import current_origin
from clg.events.outbox import emit
from clg.security_log import log_security

# Older than any write: whatever a name with this clock sends is newer than its merge.
BEFORE_ALL: Final[Clock] = (-1, -1)
# What of an identity a merge changes, and undoing it gives back.
IDENTITY_COLUMNS: Final = ("state", "canonical_id", "clock", "field_clocks", "related_names", "merged_clock")

UNCHANGED: Final = "unchanged"
MERGED: Final = "merged"


@dataclass
class Merged:
    """What became of an order; `moved` counts rows by kind, `{"contacts": 3}`."""

    outcome: str
    winner_id: int
    event: MergeEvent | None = None
    moved: dict[str, int] = field(default_factory=dict)


# Writes what losers left to the winner, as items of their names; the fields that it took.
PassOn: TypeAlias = Callable[[Sequence[Left]], set[str]]


class Joining:
    """One merge on its way: `target` is the identity that stays, `winner_id` the row. Add losers, then run it."""

    def __init__(
        self, of: SyncObject, target: ExternalIdentity | None, at: dt.datetime, winner_id: int | None = None
    ) -> None:
        self.of, self.at, self.target = of, at, target
        self.link = f"{of.noun}_id"
        self.before: dict[int, dict[str, Any]] = {}
        self.made: list[ExternalIdentity] = []
        self.changed: dict[int, ExternalIdentity] = {}
        self.roots: dict[int, tuple[ExternalIdentity, Clock]] = {}
        self.rows: set[int] = set()
        self.heir: ExternalIdentity | None = None
        self.winner_id = self._row_of(target) if target is not None else winner_id or 0

    def _row_of(self, target: ExternalIdentity) -> int:
        """The row of a name; a tombstone that never had one gets it, hidden, so that pointers have where to go."""
        key: int | None = getattr(target, self.link)
        if key is None:
            key = int(self.of.model._default_manager.create(deleted_at=self.at).pk)
            setattr(target, self.link, key)
            target.save(update_fields=[self.link])
        return key

    # --- Names -----------------------------------------------------------------------------------------------
    def add(self, source: CrmSource, name: str, identity: ExternalIdentity | None, clock: Clock) -> None:
        """A loser by name: an unknown one becomes an alias, of a merged one the row it stands for comes along."""
        assert self.target is not None  # noqa: S101 - orders of sources have one
        if identity is None:
            self._make(source, name, state=IdentityState.MERGED, canonical=self.target, merged_clock=list(clock))
        elif identity.pk == self.target.pk:
            raise MergeCycle
        elif root_of(identity).pk != self.target.pk and root_of(identity).state != IdentityState.SUPPRESSED:
            self.roots.setdefault(root_of(identity).pk, (root_of(identity), clock))

    def rename(self, source: CrmSource, name: str, identity: ExternalIdentity | None) -> None:
        """The source gave the merged record a new id: that one stands for the row from now on."""
        assert self.target is not None  # noqa: S101 - as above
        if identity is None:
            self.heir = self._make(source, name, state=self.target.state, **{self.link: self.winner_id})
        elif identity.canonical_id is None and identity.pk != self.target.pk:
            self._note(identity)
            self.heir = identity
            if (key := getattr(identity, self.link)) not in (None, self.winner_id):
                self.rows.add(key)

    def _make(self, source: CrmSource, name: str, **columns: Any) -> ExternalIdentity:
        identity = ExternalIdentity(source=source, object_type=self.of.object_type, external_id=name, **columns)
        identity.save()
        self.made.append(identity)
        return identity

    def _note(self, identity: ExternalIdentity) -> ExternalIdentity:
        """Remember what an identity was before this merge touches it; the one object that stands for it here."""
        if identity.pk not in self.changed:
            self.before[identity.pk] = {name: getattr(identity, name) for name in (*IDENTITY_COLUMNS, self.link)}
            self.changed[identity.pk] = identity
        return self.changed[identity.pk]

    # --- All of it -------------------------------------------------------------------------------------------
    def run(self, source: CrmSource | None, order: MergeOrder, pass_on: PassOn) -> Merged:
        if not self.roots and not self.made and not self.rows and self.heir is None:
            return Merged(UNCHANGED, self.winner_id)
        roots = [root for root, _ in self.roots.values()]
        self.rows |= {key for root in roots if (key := getattr(root, self.link)) not in (None, self.winner_id)}
        losers = self._locked_rows()
        left = [each for each in self._left(losers) if _has_newer(each)]
        pairs = dict.fromkeys(sorted(self.rows), self.winner_id)
        keys = move_keys(self.of, pairs, self.at) if pairs else {}
        self._join_names()
        self._hide_losers()
        announce(self.of, self.winner_id, "merged")
        manifest = {
            "keys": keys,
            "identities": self.before,
            "made": [identity.pk for identity in self.made],
            "live": [row.pk for row in losers.values() if row.deleted_at is None],
            "values": self._passed_on(left, pass_on),
        }
        event = self._remember(source, order, manifest)
        log_merge("merged", event, self.of)
        return Merged(MERGED, self.winner_id, event, counts_of(keys))

    def _locked_rows(self) -> dict[int, Any]:
        """The losers' rows as they are, locked with the winner's in one order."""
        rows = self.of.model._default_manager.filter(pk__in=[*self.rows, self.winner_id]).order_by("pk")
        return {row.pk: row for row in rows.select_for_update(of=("self",)) if row.pk in self.rows}

    def _left(self, rows: dict[int, Any]) -> Iterator[Left]:
        for root, clock in self.roots.values():
            if (row := rows.get(getattr(root, self.link))) is not None and root.field_clocks:
                yield Left(root.external_id, row, root.field_clocks, root.related_names or (), clock)
        heir = self.heir and rows.get(getattr(self.heir, self.link))
        if heir is not None and self.heir is not None and self.target is not None and self.heir.field_clocks:
            # By then the winner's former name leads to the heir, whose own clocks are those of the winner.
            said = self.heir.field_clocks, self.heir.related_names or ()
            yield Left(self.target.external_id, heir, *said, BEFORE_ALL)

    def _passed_on(self, left: Sequence[Left], pass_on: PassOn) -> dict[str, Any]:
        """Write what is newer than the merge to the winner; what undoing needs to take it back."""
        if not left or self.target is None:
            return {}
        identity = self.heir or self.target
        clocks, names = identity.field_clocks, identity.related_names
        history = getattr(self.of.model, "history").rel.related_model  # noqa: B009 - made by the tracking decorator
        before = history.objects.filter(pgh_obj=self.winner_id).order_by("-pgh_id").values_list("pgh_id", flat=True)
        values = {"history": before.first(), "identity": identity.pk, "before": clocks, "names": names}
        for each in left:
            each.row.refresh_from_db()  # what it points to may have been merged, too
        fields = sorted(pass_on(left))
        identity.refresh_from_db(fields=["field_clocks"])
        return {**values, "fields": fields, "after": identity.field_clocks}

    def _join_names(self) -> None:
        for root, clock in self.roots.values():
            self._merge_into(root, self.target, clock)
        self._take_other_names()
        if self.heir is not None:
            self._hand_over(self.heir)
        ExternalIdentity.objects.bulk_update(self.changed.values(), [*IDENTITY_COLUMNS, self.link])

    def _merge_into(self, root: ExternalIdentity, target: ExternalIdentity | None, clock: Clock) -> None:
        """A name and those that stand for it become names of the target."""
        root = self._note(root)
        root.state, root.canonical, root.merged_clock = IdentityState.MERGED, target, list(clock)
        setattr(root, self.link, None)
        for alias in ExternalIdentity.objects.filter(canonical=root.pk):
            alias = self._note(alias)  # noqa: PLW2901 - the one that is written
            alias.canonical = target
            if alias.merged_clock is not None:
                alias.merged_clock = list(max(pair_of(alias.merged_clock), clock))

    def _take_other_names(self) -> None:
        """Names that other sources have for the losers: beside the winner's of the same source they merge too, where
        it has none they are its own from now on, and whatever they send next counts.
        """
        others = ExternalIdentity.objects.filter(**{f"{self.link}__in": self.rows}).exclude(pk__in=self.changed)
        standing = {
            name.source_id: name
            for name in ExternalIdentity.objects.filter(**{self.link: self.winner_id}).order_by("-id")
        }
        for name in others.order_by("id"):
            if name.source_id in standing:
                self._merge_into(name, standing[name.source_id], pair_of(name.clock))
            else:
                self._note(name)
                setattr(name, self.link, self.winner_id)
                name.field_clocks = name.field_clocks and name.field_clocks[: 2 * STATE_PLACE + 2]
                name.related_names = None
                standing[name.source_id] = name

    def _hand_over(self, heir: ExternalIdentity) -> None:
        """The heir takes the clocks of the winner's name, which becomes one of its aliases; the newer state holds."""
        target = self.target
        assert target is not None  # noqa: S101 - only a source renames
        own = self._note(heir).field_clocks
        clocks = list(target.field_clocks or [])
        if own and pair_of(own) > pair_of(clocks):
            clocks[:2] = own[:2]
            self._exists(heir.state == IdentityState.ACTIVE)
        else:
            heir.state = target.state
        heir.clock, heir.field_clocks, heir.related_names = target.clock, clocks or None, target.related_names
        setattr(heir, self.link, self.winner_id)
        self._merge_into(target, heir, BEFORE_ALL)
        for identity in [*self.changed.values(), *self.made]:
            if identity.canonical_id == target.pk:
                self._note(identity).canonical = heir

    def _exists(self, is_live: bool) -> None:
        deleted_at = None if is_live else Coalesce(F("deleted_at"), self.at)
        self.of.model._default_manager.filter(pk=self.winner_id).update(deleted_at=deleted_at)

    def _hide_losers(self) -> None:
        self.of.model._default_manager.filter(pk__in=self.rows).update(
            deleted_at=Coalesce(F("deleted_at"), self.at), version=F("version") + 1
        )

    # --- Told ------------------------------------------------------------------------------------------------
    def _remember(self, source: CrmSource | None, order: MergeOrder, manifest: dict[str, Any]) -> MergeEvent:
        origin = current_origin()
        return MergeEvent.objects.create(
            source=source,
            object_type=self.of.object_type,
            winner_id=self.winner_id,
            loser_ids=sorted(self.rows),
            winner_name=order.winner,
            loser_names=list(order.losers),
            result_external_id=order.result,
            clock=list(order.clock) if source else None,
            reason=order.reason,
            manifest=manifest,
            actor=origin.actor or origin.kind,
            created_at=self.at,
        )


def _has_newer(left: Left) -> bool:
    """Whether any field is newer than the merge; existence is the winner's own."""
    return any(clock > left.clock for _, clock in field_clocks_of(left.field_clocks))


def root_of(identity: ExternalIdentity) -> ExternalIdentity:
    """The identity that stands for a name: itself, or that of the winner."""
    return identity.canonical or identity


def pair_of(clock: Sequence[int | None] | None) -> Clock:
    """The first pair of an array of clocks."""
    if not clock or clock[0] is None or clock[1] is None:
        return BEFORE_ALL
    return clock[0], clock[1]


def announce(of: SyncObject, key: int, what: str, fields: Iterable[str] = ()) -> None:
    """A new version of a row, and the event that says why."""
    of.model._default_manager.filter(pk=key).update(version=F("version") + 1)
    row: Any = of.model._default_manager.get(pk=key)
    emit(
        f"{of.noun}.{what}",
        object_type=of.noun,
        object_id=row.public_id,
        version=row.version,
        changed_fields=fields,
        refs={of.noun: row.public_id},
    )


def log_merge(what: str, event: MergeEvent, of: SyncObject) -> None:
    """Merges that did something, and undone ones, are kept for auditors."""
    row: Any = of.model._default_manager.get(pk=event.winner_id)
    data = {"merge": event.name_outside}
    log_security(f"{of.noun}.{what}", object_type=of.noun, object_id=codes.name_of(row), data=data)
