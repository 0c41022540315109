"""What a source may write: one constant an object with its fields, their limits and their fixed places.

A place is the bit of a field in the masks of the staging table and the index of its clock in
`ExternalIdentity.field_clocks`. Places are never reused: a field that goes leaves a hole, a new one takes a new number.
Place 0 is `@state`, the clock of existence. All column lists of the merge come from here, never from input.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

from django.db.models import Model

from accounts.choices import Lifecycle, ObjectType, OpportunityKind, Outcome, Seniority
from accounts.models import (
    Account,
    Contact,
    Opportunity,
    StagedAccount,
    StagedContact,
    StagedOpportunity,
)

STATE_PLACE: Final = 0
AMOUNT_DIGITS_BEFORE_POINT: Final = 14
AMOUNT_DIGITS_AFTER_POINT: Final = 6
EMPLOYEES_MOST: Final = 10_000_000
ROLES_MOST: Final = 50
ROLE_LIMIT: Final = 50


@dataclass(frozen=True)
class Field:
    """One field of an object. `kind` names its check in `accounts/sync/values.py`.

    `empty` is the SQL literal that stands for "cleared" in the object's row, `column` the object's column.
    """

    name: str
    place: int
    kind: str
    limit: int = 0
    choices: tuple[str, ...] = ()
    empty: str = "NULL"
    column: str = ""
    day_means_end: bool = False

    @property
    def bit(self) -> int:
        return 1 << self.place

    @property
    def target(self) -> str:
        return self.column or self.name


@dataclass(frozen=True)
class Relation:
    """A foreign key that a source names by its own id of the other row."""

    name: str
    place: int
    to: ObjectType

    @property
    def bit(self) -> int:
        return 1 << self.place


@dataclass(frozen=True)
class Follower:
    """A column that is derived from a field when the field changes; `expression` reads the staged row `s`."""

    column: str
    follows: str
    expression: str


@dataclass(frozen=True, eq=False)
class SyncObject:
    """An object that sources write. There is one constant of each, so they are told apart by identity."""

    object_type: ObjectType
    model: type[Model]
    staged: type[Model]
    fields: tuple[Field, ...]
    relations: tuple[Relation, ...]
    followers: tuple[Follower, ...] = ()
    roles_place: int = 0

    @property
    def noun(self) -> str:
        return str(self.object_type.value)

    @property
    def plural(self) -> str:
        return "opportunities" if self.noun == "opportunity" else f"{self.noun}s"

    @property
    def places(self) -> int:
        return 1 + max(place for _, place in self.named_places)

    @cached_property
    def named_places(self) -> tuple[tuple[str, int], ...]:
        """(name, place) of everything that has a clock, existence left out, by name."""
        named = [(field.name, field.place) for field in self.fields]
        named += [(relation.name, relation.place) for relation in self.relations]
        if self.roles_place:
            named.append(("contacts", self.roles_place))
        return tuple(sorted(named))

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    @cache  # noqa: B019 - the objects are constants, and a file of rows has few masks
    def names(self, mask: int) -> tuple[str, ...]:
        """The names in a mask, sorted."""
        return tuple(name for name, place in self.named_places if mask >> place & 1)

    def staged_columns(self) -> Iterator[str]:
        """The columns that a parsed item fills, in the order of COPY."""
        yield from ("batch_id", "line", "external_id", "op", "clock_hi", "clock_lo", "present", "trace_id")
        yield from (field.name for field in self.fields)
        for relation in self.relations:
            yield f"{relation.name}_ref"
            yield f"{relation.name}_id"
        if self.roles_place:
            yield from ("contact_refs", "contact_roles", "contact_primaries", "contacts_key")


def _text(name: str, place: int, limit: int, kind: str = "text") -> Field:
    return Field(name, place, kind, limit, empty="''")


def _choice(name: str, place: int, choices: list[str], empty: str) -> Field:
    return Field(name, place, "choice", choices=tuple(choices), empty=f"'{empty}'")


_USER_OF = "(SELECT u.id FROM accounts_user u WHERE lower(u.email) = lower(s.{0}) LIMIT 1)"

ACCOUNT: Final = SyncObject(
    object_type=ObjectType.ACCOUNT,
    model=Account,
    staged=StagedAccount,
    fields=(
        _text("name", 1, 255),
        _text("website", 2, 500, "url"),
        _text("domain", 3, 253, "domain"),
        _text("industry", 4, 100),
        _text("segment", 5, 100),
        _text("region", 6, 100),
        _text("country", 7, 2, "country"),
        Field("employees", 8, "integer", limit=EMPLOYEES_MOST),
        _choice("lifecycle", 9, Lifecycle.values, Lifecycle.PROSPECT),
        _text("owner_email", 10, 254, "email"),
        _text("csm_email", 11, 254, "email"),
        Field("customer_since", 12, "day"),
        Field("renewal_on", 13, "day"),
        Field("last_sales_activity_at", 14, "moment"),
    ),
    relations=(Relation("parent", 15, ObjectType.ACCOUNT),),
    followers=(
        Follower("owner_id", "owner_email", _USER_OF.format("owner_email")),
        Follower("csm_id", "csm_email", _USER_OF.format("csm_email")),
    ),
)

CONTACT: Final = SyncObject(
    object_type=ObjectType.CONTACT,
    model=Contact,
    staged=StagedContact,
    fields=(
        _text("first_name", 1, 100),
        _text("last_name", 2, 100),
        _text("email", 3, 254, "email"),
        _text("title", 4, 200),
        _choice("seniority", 5, Seniority.values, Seniority.UNKNOWN),
        _text("persona", 6, 100),
        _text("phone", 7, 50),
        _text("country", 8, 2, "country"),
        _text("language", 9, 35, "language"),
        Field("left_on", 10, "day"),
    ),
    relations=(Relation("account", 11, ObjectType.ACCOUNT), Relation("successor", 12, ObjectType.CONTACT)),
)

OPPORTUNITY: Final = SyncObject(
    object_type=ObjectType.OPPORTUNITY,
    model=Opportunity,
    staged=StagedOpportunity,
    fields=(
        _text("name", 1, 255),
        _choice("kind", 2, OpportunityKind.values, ""),
        _text("stage", 3, 100),
        _choice("outcome", 4, Outcome.values, Outcome.OPEN),
        Field("amount", 5, "decimal"),
        _text("currency", 6, 3, "currency"),
        Field("opened_at", 7, "moment", day_means_end=True),
        Field("lead_at", 8, "moment", day_means_end=True),
        Field("closed_at", 9, "moment", day_means_end=True),
        Field("expected_close_on", 10, "day"),
        _text("lead_source", 11, 100),
        _text("owner_email", 12, 254, "email"),
        Field("product", 15, "text", 255, empty="''", column="product_text"),
    ),
    relations=(Relation("account", 13, ObjectType.ACCOUNT),),
    roles_place=14,
    followers=(
        Follower("owner_id", "owner_email", _USER_OF.format("owner_email")),
        # GTXPro and GTX Pro are one product: letters and digits count, case, spaces and punctuation do not.
        Follower(
            "product_id",
            "product",
            "(SELECT min(p.id) FROM accounts_product p"
            " WHERE lower(regexp_replace(p.name, '[^[:alnum:]]', '', 'g'))"
            " = lower(regexp_replace(s.product, '[^[:alnum:]]', '', 'g')) AND s.product <> '')",
        ),
    ),
)

OBJECTS: Final = {found.plural: found for found in (ACCOUNT, CONTACT, OPPORTUNITY)}
BY_TYPE: Final = {found.object_type: found for found in OBJECTS.values()}


def sync_object_of(row: Model) -> SyncObject:
    """The constant of a row's kind."""
    return BY_TYPE[ObjectType(str(row._meta.model_name))]
