"""Loading a small world from one JSON object, through the same actions as the API: for tests, demos and questions.

Keys are external ids of the source `scenario`, whose zone is the installation's. Lists and fields may be left out;
loading an object twice changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce

from accounts.actions.merge import merge_named
from accounts.actions.rate import Rate, record_rates
from accounts.actions.source import create_source
from accounts.choices import IdentityState, ObjectType, SourceKind
from accounts.models import CrmSource, ExternalIdentity, Opportunity, OpportunityStage
from accounts.sync.clocks import clock_of_moment
from accounts.sync.engine import upsert
from accounts.sync.objects import ACCOUNT, CONTACT, OPPORTUNITY, SyncObject
from accounts.sync.orders import MergeOrder
from advocacy.actions.activity import (
    ActivityItem,
    mark_duplicate_activity,
    record_activities,
    restore_activity,
    withdraw_activity,
)
from advocacy.actions.encounter import EncounterItem, record_encounters, restore_encounter, withdraw_encounter
from advocacy.actions.recording import Recorded
from advocacy.attribution.rules import RUNG_NUMBERS
from advocacy.choices import ActivityKind, EncounterKind
from advocacy.models import Activity, Encounter
from clg.errors import FieldError, InvalidInput

SOURCE: Final = "scenario"
TOLD_BY: Final = f"crm:{SOURCE}"
Row = Mapping[str, Any]


@transaction.atomic
def load_scenario(*, scenario: Mapping[str, Sequence[Any]], at: dt.datetime) -> dict[str, int]:
    """Store every list; list -> rows. Raises `InvalidInput` naming what is wrong, and then stores nothing."""
    _refuse_unknown(scenario)
    source = CrmSource.objects.filter(slug=SOURCE).first() or create_source(
        slug=SOURCE, kind=SourceKind.OTHER, time_zone=settings.CLG_TIME_ZONE, by="command"
    )
    world = _World(source, at, {row["champion"] for row in scenario.get("activities", ())})
    for name, load in LISTS.items():
        load(world, scenario.get(name, ()))
    return {name: len(scenario[name]) for name in LISTS if name in scenario}


def _refuse_unknown(scenario: Mapping[str, object]) -> None:
    unknown = sorted(set(scenario) - set(LISTS))
    if unknown:
        raise InvalidInput(f"Unknown lists: {', '.join(unknown)}. Known are {', '.join(LISTS)}.", code="unknown_list")


class _World:
    """The source, the moment, and our rows by the scenario's keys."""

    def __init__(self, source: CrmSource, at: dt.datetime, champions: set[str]) -> None:
        self.source, self.at, self.champions, self.clock = source, at, champions, at
        self.zone = ZoneInfo(settings.CLG_TIME_ZONE)

    def send(self, of: SyncObject, items: Iterable[Mapping[str, Any]]) -> None:
        """Store items as the source's; one that fails undoes everything. What was merged away says nothing more."""
        self.clock += dt.timedelta(microseconds=1)  # a later list of one file wins over an earlier
        names = ExternalIdentity.objects.filter(source=self.source, object_type=of.object_type)
        gone = set(names.filter(state=IdentityState.MERGED).values_list("external_id", flat=True))
        clock = self.clock.isoformat()
        clocked = [{**item, "source_updated_at": clock} for item in items if item["external_id"] not in gone]
        results = upsert(source=self.source, of=of, raw_items=clocked, at=self.at)
        failed = [result for result in results if result.outcome == "failed"]
        if failed:
            errors = [error for result in failed for error in result.errors]
            words = "; ".join(f"{result.external_id}: {result.errors[0].detail}" for result in failed)
            raise InvalidInput(words, errors=errors)

    def keys(self, kind: ObjectType, names: Collection[str]) -> dict[str, int]:
        """Our keys of rows of the scenario; a name nobody gave is refused."""
        told = ExternalIdentity.objects.filter(source=self.source, object_type=kind, external_id__in=names)
        row = Coalesce(f"canonical__{kind}", kind)
        found: dict[str, int] = dict(told.values_list("external_id", row))
        for name in names:
            if name not in found:
                raise _unknown(kind, name)
        return found

    def moment(self, text: str) -> dt.datetime:
        """A moment; a day alone begins it, one without zone is the installation's."""
        moment = dt.datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)


def _unknown(kind: str, name: str) -> InvalidInput:
    detail = f"There is no {kind} {name} in the scenario."
    return InvalidInput(detail, code="unknown_key", errors=[FieldError("unknown_key", detail)])


def _accounts(world: _World, rows: Sequence[Row]) -> None:
    world.send(
        ACCOUNT, [_item(row, ("name", "domain", "segment", "lifecycle"), {"parent": row.get("parent")}) for row in rows]
    )


def _contacts(world: _World, rows: Sequence[Row]) -> None:
    world.send(CONTACT, [_item(row, ("email", "last_name"), {"account": row.get("account")}) for row in rows])
    employers = {row["account"] for row in rows if row["key"] in world.champions and row.get("account")}
    customers = [{"external_id": key, "fields": {"lifecycle": "customer"}} for key in sorted(employers)]
    world.send(ACCOUNT, customers)


def _item(row: Row, fields: Iterable[str], relations: Mapping[str, str | None]) -> dict[str, Any]:
    """A row of the file as the API takes it; keys that are left out stay as they are."""
    named = {name: {"external_id": key} for name, key in relations.items() if key is not None}
    return {
        "external_id": row["key"],
        "fields": {name: row[name] for name in fields if name in row},
        **({"relations": named} if named else {}),
    }


DEAL_FIELDS: Final = ("name", "kind", "outcome", "amount", "currency", "opened_at", "lead_at", "closed_at")


def _opportunities(world: _World, rows: Sequence[Row]) -> None:
    deleted = {row["key"] for row in rows if row.get("is_deleted")}
    world.send(OPPORTUNITY, [_deal(row) for row in rows])
    gone = Opportunity.objects.filter(deleted_at__isnull=False, identities__source=world.source)
    back = set(gone.values_list("identities__external_id", flat=True)) - deleted
    world.send(OPPORTUNITY, [{"external_id": key, "op": "delete"} for key in sorted(deleted)])
    kept = {row["key"] for row in rows if row.get("is_deleted") is False}
    world.send(OPPORTUNITY, [{"external_id": key, "op": "restore"} for key in sorted(back & kept)])
    deals = world.keys(ObjectType.OPPORTUNITY, [row["key"] for row in rows])
    OpportunityStage.objects.bulk_create(
        (
            OpportunityStage(
                opportunity_id=deals[row["key"]],
                stage=entry["stage"],
                entered_at=world.moment(entry["entered_at"]),
            )
            for row in rows
            for entry in row.get("stages", ())
        ),
        ignore_conflicts=True,
    )


def _deal(row: Row) -> dict[str, Any]:
    item = _item(row, DEAL_FIELDS, {"account": row.get("account")})
    item["fields"] = {"name": row["key"], **item["fields"]}
    if item["fields"].get("amount") is not None:
        item["fields"]["amount"] = str(item["fields"]["amount"])
    if "contacts" in row:
        item.setdefault("relations", {})["contacts"] = [{"external_id": key} for key in row["contacts"]]
    return item


def _rates(world: _World, rows: Sequence[Row]) -> None:
    rates = [Rate(row["currency"], dt.date.fromisoformat(row["on"]), Decimal(str(row["rate"]))) for row in rows]
    record_rates(rates=rates, source=SOURCE)


BUYERS: Final = {
    "opportunity": ObjectType.OPPORTUNITY,
    "buyer_contact": ObjectType.CONTACT,
    "buyer_account": ObjectType.ACCOUNT,
}


def _activities(world: _World, rows: Sequence[Row]) -> None:
    contacts = world.keys(ObjectType.CONTACT, [row["champion"] for row in rows])
    items = [_activity(world, row, contacts[row["champion"]]) for row in rows]
    _store_all(items, record_activities(items=items, at=world.at, why="Named by a scenario"))
    repeats = [row for row in rows if "duplicate_of" in row]
    told = _told(Activity, [name for row in repeats for name in (row["key"], row["duplicate_of"]) if name])
    for row in repeats:
        original = row["duplicate_of"] and told[row["duplicate_of"]]
        mark_duplicate_activity(activity=told[row["key"]], duplicate_of=original or None, at=world.at)


def _activity(world: _World, row: Row, contact_id: int) -> ActivityItem:
    return ActivityItem(
        kind=row.get("kind", ActivityKind.REFERENCE_CALL),
        title=row.get("title", row["key"]),
        occurred_at=world.moment(row["occurred_at"]),
        source=TOLD_BY,
        source_ref=row["key"],
        contact_id=contact_id,
    )


def _store_all(items: Sequence[ActivityItem | EncounterItem], results: Sequence[Recorded[Any]]) -> None:
    """Raises what is wrong with the rows that failed, by their keys."""
    failed = [(item.source_ref, result.error) for item, result in zip(items, results, strict=True) if result.error]
    if failed:
        errors = [problem for _, error in failed if isinstance(error, InvalidInput) for problem in error.errors]
        raise InvalidInput("; ".join(f"{key}: {error}" for key, error in failed), errors=errors)


def _told(model: Any, keys: Collection[str]) -> dict[str, Any]:
    """Activities or encounters by their keys; one that nobody gave is refused."""
    found = {row.source_ref: row for row in model.objects.filter(source=TOLD_BY, source_ref__in=keys)}
    for key in keys:
        if key not in found:
            raise _unknown(model._meta.model_name, key)
    return found


def _encounters(world: _World, rows: Sequence[Row]) -> None:
    acts = _told(Activity, [row["activity"] for row in rows])
    named = {kind: world.keys(kind, [row[name] for row in rows if row.get(name)]) for name, kind in BUYERS.items()}
    items = [_encounter(world, row, acts[row["activity"]], named) for row in rows]
    _store_all(items, record_encounters(items=items, at=world.at))


def _encounter(world: _World, row: Row, act: Activity, named: Mapping[ObjectType, Mapping[str, int]]) -> EncounterItem:
    buyer: dict[str, Any] = {f"{name}_id": named[kind][row[name]] for name, kind in BUYERS.items() if row.get(name)}
    return EncounterItem(
        activity_id=act.pk,
        kind=row.get("kind", EncounterKind.CONVERSATION),
        role=row.get("role", "influenced"),
        occurred_at=world.moment(row["occurred_at"]),
        source=TOLD_BY,
        source_ref=row["key"],
        given_rung=RUNG_NUMBERS[row["given_rung"]] if row.get("given_rung") else None,
        buyer_domain=row.get("buyer_domain") or "",
        weight_hint=Decimal(str(row.get("weight_hint", 1))),
        **buyer,
    )


def _withdraw(world: _World, keys: Sequence[str]) -> None:
    for row in _facts(keys):
        if isinstance(row, Activity):
            withdraw_activity(activity=row, reason="scenario", at=world.at)
        else:
            withdraw_encounter(encounter=row, reason="scenario", at=world.at)


def _restore(world: _World, keys: Sequence[str]) -> None:
    for row in _facts(keys):
        if isinstance(row, Activity):
            restore_activity(activity=row, at=world.at)
        else:
            restore_encounter(encounter=row, at=world.at)


def _facts(keys: Sequence[str]) -> list[Activity | Encounter]:
    """Activities or encounters by key; an activity goes before an encounter of the same key."""
    acts = {row.source_ref: row for row in Activity.objects.filter(source=TOLD_BY, source_ref__in=keys)}
    met = _told(Encounter, [key for key in keys if key not in acts])
    return [acts.get(key) or met[key] for key in keys]


def _merge(world: _World, rows: Sequence[Row]) -> None:
    """Accounts that turned out to be one; the losers' names lead to the winner from now on."""
    for row in rows:
        world.clock += dt.timedelta(microseconds=1)
        order = MergeOrder(row["winner"], [row["loser"]], clock_of_moment(world.clock, at=world.at), reason=SOURCE)
        merge_named(source=world.source, of=ACCOUNT, order=order, at=world.at)


# In the order in which later lists name earlier ones.
LISTS: Final[Mapping[str, Callable[[_World, Sequence[Any]], None]]] = {
    "accounts": _accounts,
    "contacts": _contacts,
    "opportunities": _opportunities,
    "rates": _rates,
    "activities": _activities,
    "encounters": _encounters,
    "withdraw": _withdraw,
    "restore": _restore,
    "merge": _merge,
}
