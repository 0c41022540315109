"""What a source may write of an activity and of an encounter: one constant each. `attribution` section 7.

A place is where the clock of a field stands in `RecordKey.clocks`; place 0 is existence. Places are never reused.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from accounts.choices import ObjectType
from accounts.sync.objects import ACCOUNT, CONTACT, OPPORTUNITY, Field, SyncObject
from advocacy.choices import ActivityKind, EncounterKind, RecordType, TouchRole

STATE_PLACE: Final = 0
WEIGHT_HINT: Final = (Decimal("0.001"), Decimal(10))
WEIGHT_HINT_DIGITS: Final = 3


@dataclass(frozen=True)
class RecordRelation:
    """A row that a record points to. `of` is None for an activity, which must be known."""

    name: str
    place: int
    of: SyncObject | None
    is_placed: bool = True

    @property
    def prefix(self) -> str:
        """Of our own ids of such rows."""
        return "act" if self.of is None else str(self.of.model.PUBLIC_PREFIX)  # type: ignore[attr-defined]


@dataclass(frozen=True, eq=False)
class RecordForm:
    """A kind of record: `required` must be told before it can be stored, `empty` is what clearing leaves."""

    record_type: RecordType
    fields: tuple[Field, ...]
    relations: tuple[RecordRelation, ...]
    required: tuple[str, ...]
    empty: dict[str, Any]
    # Where an action's own names of what is wrong stand in an item.
    pointers: dict[str, str]

    @property
    def plural(self) -> str:
        return "activities" if self.record_type == RecordType.ACTIVITY else "encounters"

    @cached_property
    def places(self) -> dict[str, int]:
        """Name -> place of everything that has a clock, existence left out."""
        return {each.name: each.place for each in self.fields} | {each.name: each.place for each in self.relations}

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    @cached_property
    def related(self) -> dict[str, RecordRelation]:
        return {relation.name: relation for relation in self.relations}

    def pointer_of(self, name: str) -> str:
        return f"/fields/{name}" if name in self.by_name else f"/relations/{name}"


ACTIVITY_FORM: Final = RecordForm(
    record_type=RecordType.ACTIVITY,
    fields=(
        Field("kind", 1, "choice", choices=tuple(ActivityKind.values)),
        Field("title", 2, "text", 255),
        Field("occurred_at", 3, "moment"),
    ),
    relations=(
        # Nobody is nominated before we know who they are.
        RecordRelation("champion_contact", 4, CONTACT, is_placed=False),
        RecordRelation("duplicate_of", 5, None),
    ),
    required=("kind", "occurred_at", "champion_contact"),
    empty={"title": "", "duplicate_of": None},
    pointers={"/occurred_at": "/fields/occurred_at", "/contact": "/relations/champion_contact"},
)
ENCOUNTER_FORM: Final = RecordForm(
    record_type=RecordType.ENCOUNTER,
    fields=(
        Field("kind", 1, "choice", choices=tuple(EncounterKind.values)),
        Field("role", 2, "choice", choices=tuple(TouchRole.values)),
        Field("occurred_at", 3, "moment"),
        Field("buyer_domain", 4, "domain", 253),
        Field("weight_hint", 5, "decimal"),
    ),
    relations=(
        RecordRelation("activity", 6, None),
        RecordRelation("opportunity", 7, OPPORTUNITY),
        RecordRelation("buyer_contact", 8, CONTACT),
        RecordRelation("buyer_account", 9, ACCOUNT),
    ),
    required=("kind", "occurred_at", "activity"),
    empty={
        "role": TouchRole.INFLUENCED.value,
        "buyer_domain": "",
        "weight_hint": Decimal(1),
        "opportunity": None,
        "buyer_contact": None,
        "buyer_account": None,
    },
    pointers={
        "/occurred_at": "/fields/occurred_at",
        "/opportunity": "/relations/opportunity",
        "/buyer_domain": "/fields/buyer_domain",
    },
)
# Order in which rows are locked everywhere: accounts before contacts before deals.
PLACED_IN_ORDER: Final = (ObjectType.ACCOUNT, ObjectType.CONTACT, ObjectType.OPPORTUNITY)
