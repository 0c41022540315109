"""From what a source sent to rows for the staging table.

Items are checked by msgspec structs made from `objects`; only an item that fails goes through the slower functions,
field by field, that name every error with its pointer. Failed items never reach SQL.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta, UnsetType

from accounts.choices import ObjectType, SourceKind, SourceOrdering
from accounts.models import CrmSource
from accounts.sync import values
from accounts.sync.clocks import Clock, clock_of_moment, clock_of_version
from accounts.sync.objects import ROLE_LIMIT, ROLES_MOST, Field, Relation, SyncObject
from accounts.sync.statements import DELETE, RESTORE, UPDATE_ONLY, UPSERT
from accounts.sync.values import BadValue
from clg import codes
from clg.errors import FieldError, pointer_to

OPS: Final = {"upsert": UPSERT, "update_only": UPDATE_ONLY, "delete": DELETE, "restore": RESTORE}
_PLAIN_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")
UNIT, RECORD = chr(31), chr(30)
# The key by which a delete is a merge: the source's name of the row that stays.
MERGED_INTO: Final = "merged_into_external_id"
# Where the two parts of the clock stand in an item's row.
CLOCK_PLACE: Final = 2


@dataclass(slots=True)
class Item:
    """A checked item: `row` fills the columns of staging after batch_id and line."""

    line: int
    external_id: str
    op: int
    row: list[Any]
    trace_id: str = ""
    wanted_ids: dict[str, str] | None = None  # relation -> our public id, to be looked up
    merged_into: str = ""  # of a delete that is a merge: the winner's external id

    @property
    def clock(self) -> Clock:
        high, low = self.row[CLOCK_PLACE : CLOCK_PLACE + 2]
        return high, low


@dataclass(slots=True)
class Failure:
    """An item that is refused, with everything that is wrong with it; pointers lead into the item."""

    line: int
    external_id: str
    errors: list[FieldError]
    trace_id: str = ""


class Envelope(NamedTuple):
    """An item's own id, what it wants, its clock and its trace id; None where that is wrong."""

    external_id: str
    op: int
    clock: Clock
    trace_id: str


class ItemEnvelope(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What every item has round its fields and relations."""

    external_id: str
    op: Literal["upsert", "update_only", "delete", "restore"] = "upsert"
    source_updated_at: dt.datetime | UnsetType = UNSET
    source_version: str | UnsetType = UNSET
    trace_id: Annotated[str, Meta(max_length=255)] = ""


class RelationByName(msgspec.Struct, forbid_unknown_fields=True):
    """A relation by the source's own id, or by ours."""

    external_id: str | UnsetType = UNSET
    id: str | UnsetType = UNSET


class RoleItem(msgspec.Struct, forbid_unknown_fields=True):
    """A person on a deal."""

    external_id: str
    role: Annotated[str, Meta(max_length=ROLE_LIMIT)] = ""
    is_primary: bool = False


_TYPES: Final[dict[str, Any]] = {
    "integer": int,
    "day": dt.date,
    "moment": Annotated[dt.datetime, Meta(tz=True)],
}


@cache
def item_struct(of: SyncObject) -> type[msgspec.Struct]:
    """The struct of an item of this object, made from its constant."""
    fields = msgspec.defstruct(
        f"{of.noun.title()}Fields",
        [(f.name, _TYPES.get(f.kind, str) | None | UnsetType, UNSET) for f in of.fields],
        forbid_unknown_fields=True,
    )
    relations: list[tuple[str, Any, Any]] = [(r.name, RelationByName | None | UnsetType, UNSET) for r in of.relations]
    if of.roles_place:
        roles = Annotated[list[RoleItem], Meta(max_length=ROLES_MOST)]
        relations.append(("contacts", roles | None | UnsetType, UNSET))
    return msgspec.defstruct(
        f"{of.noun.title()}Item",
        [
            (MERGED_INTO, str | None | UnsetType, UNSET),
            ("fields", fields, msgspec.field(default_factory=fields)),
            (
                "relations",
                (kind := msgspec.defstruct(f"{of.noun.title()}Relations", relations, forbid_unknown_fields=True)),
                msgspec.field(default_factory=kind),
            ),
        ],
        bases=(ItemEnvelope,),
        forbid_unknown_fields=True,
        kw_only=True,
    )


class Parser:
    """Checks items of one object for one source. `at` is our clock, used for the moments of the future only."""

    def __init__(
        self, of: SyncObject, source: CrmSource, *, at: dt.datetime, stage_map: Mapping[str, str] | None = None
    ) -> None:
        self.of = of
        self.source = source
        self.at = at
        self.zone = ZoneInfo(source.time_zone)
        self.is_salesforce = source.kind == SourceKind.SALESFORCE
        self.by_version = source.ordering == SourceOrdering.VERSION
        self.struct = item_struct(of)
        # Looked up once, not once an item.
        self.checks = [(field.name, field.bit, values.CHECKS[field.kind], field) for field in of.fields]
        self.columns = list(of.staged_columns())[8:]  # those of COPY after what every item has
        own = {stage: facts.get("outcome", "open") for stage, facts in source.stage_map.items()}
        self.outcomes = {**(stage_map or {}), **own}
        # Stages of items whose outcome nobody told, with how many items brought each.
        self.unmapped_stages: Counter[str] = Counter()
        self.plain_outcomes = {_plain(stage): outcome for stage, outcome in self.outcomes.items()}

    def parse(self, raw: Mapping[str, Any], line: int) -> Item | Failure:
        """An item as it came (a decoded JSON object) as a row, or as everything that is wrong with it."""
        try:
            item = msgspec.convert(raw, self.struct)
            return self._item(item, line)
        except (msgspec.ValidationError, BadValue, ValueError):
            return self._slowly(raw, line)

    # --- The fast way ----------------------------------------------------------------------------------------
    def _item(self, item: Any, line: int) -> Item:
        external_id = self.external_id(item.external_id)
        clock = self._clock(item.source_updated_at, item.source_version)
        op = OPS[item.op]
        present = 0
        cells: dict[str, Any] = {}
        if op != DELETE:
            fields = item.fields
            for name, bit, check, field in self.checks:
                sent = getattr(fields, name)
                if sent is not UNSET:
                    present |= bit
                    if sent is not None:
                        cells[name] = check(sent, field)
            wanted, links = self._relations(item.relations, cells)
            present |= links
        else:
            wanted = None
        checked = self._row(line, external_id, op, clock, present, cells, item.trace_id, wanted)
        checked.merged_into = self._winner(item.merged_into_external_id, op)
        return checked

    def _winner(self, sent: Any, op: int | None) -> str:
        """Whom the row of a delete was merged into, empty where it does not say."""
        if sent is UNSET or sent is None:
            return ""
        if op != DELETE:
            raise BadValue("merge_needs_delete", "Only an item with op delete says what its row was merged into.")
        return self.external_id(_string(sent))

    def _relations(self, relations: Any, cells: dict[str, Any]) -> tuple[dict[str, str] | None, int]:
        present = 0
        wanted: dict[str, str] = {}
        for relation in self.of.relations:
            sent = getattr(relations, relation.name)
            if sent is UNSET:
                continue
            present |= relation.bit
            if sent is not None:
                self._relation(relation, sent, cells, wanted)
        if self.of.roles_place and relations.contacts is not UNSET:
            present |= 1 << self.of.roles_place
            self.put_roles(relations.contacts or [], cells)
        return wanted or None, present

    def _relation(
        self, relation: Relation, sent: RelationByName, cells: dict[str, Any], wanted: dict[str, str]
    ) -> None:
        if isinstance(sent.external_id, str) and sent.id is UNSET:
            cells[f"{relation.name}_ref"] = self.external_id(sent.external_id)
        elif isinstance(sent.id, str) and sent.external_id is UNSET:
            wanted[relation.name] = sent.id
        else:
            raise BadValue("invalid_relation", 'A relation is {"external_id": ...}, {"id": ...} or null.')

    def put_roles(self, roles: Sequence[RoleItem], cells: dict[str, Any]) -> None:
        by_name = {self.external_id(role.external_id): role for role in roles}
        if len(by_name) < len(roles):
            raise BadValue("duplicate_contact", "Each person stands once on a deal.")
        names = sorted(by_name, key=lambda name: name.encode())
        texts = [values.text(by_name[name].role, Field("role", 0, "text", ROLE_LIMIT)) for name in names]
        primaries = [by_name[name].is_primary for name in names]
        cells["contact_refs"], cells["contact_roles"], cells["contact_primaries"] = names, texts, primaries
        cells["contacts_key"] = (
            RECORD.join(
                f"{name}{UNIT}{role}{UNIT}{int(primary)}"
                for name, role, primary in zip(names, texts, primaries, strict=True)
            )
            or None
        )

    def external_id(self, value: str) -> str:
        return values.external_id(value, is_salesforce=self.is_salesforce)

    def _clock(self, updated_at: Any, version: Any) -> Clock:
        if self.by_version:
            if version is UNSET:
                raise BadValue("required", "This source orders its writes by source_version: send it with every item.")
            return clock_of_version(version)
        if version is not UNSET:
            clock_of_version(version)  # of no use here, but no nonsense either
        if updated_at is UNSET:
            raise BadValue("required", "This source orders its writes by source_updated_at: send it with every item.")
        if updated_at.tzinfo is None:
            raise BadValue("invalid_datetime", "A moment needs its offset, such as 2026-11-20T09:15:02Z.")
        return clock_of_moment(updated_at.astimezone(dt.UTC), at=self.at)

    def _row(
        self,
        line: int,
        external_id: str,
        op: int,
        clock: Clock,
        present: int,
        cells: dict[str, Any],
        trace_id: str,
        wanted: dict[str, str] | None,
    ) -> Item:
        if self.of.object_type == ObjectType.OPPORTUNITY and present:
            present = self._complete_deal(present, cells)
        if (
            self.of.object_type == ObjectType.ACCOUNT
            and not present & self.of.by_name["domain"].bit
            and cells.get("website")
        ):
            # Used only while no source ever sent a domain: its bit stays out of `present`.
            cells["domain"] = values.domain_of(cells["website"])
        row = [external_id, op, *clock, present, trace_id, *map(cells.get, self.columns)]
        return Item(line, external_id, op, row, trace_id, wanted)

    def outcome_of(self, stage: str) -> str | None:
        """What the stage map says of a stage, `None` when it does not know it; Closed/Won is Closed Won."""
        return self.outcomes.get(stage) or self.plain_outcomes.get(_plain(stage))

    def _outcome_by_stage(self, stage: str) -> str:
        """The outcome of a deal whose item does not tell one; an unmapped stage leaves it open and is noted."""
        outcome = self.outcome_of(stage)
        if outcome is None and stage:
            self.unmapped_stages[stage] += 1
        return outcome or "open"

    def _complete_deal(self, present: int, cells: dict[str, Any]) -> int:
        """The stage says the outcome where the item does not; an amount has a currency."""
        fields = self.of.by_name
        if present & fields["stage"].bit and not present & fields["outcome"].bit:
            cells["outcome"] = self._outcome_by_stage(cells.get("stage") or "")
            present |= fields["outcome"].bit
        if cells.get("amount") is not None and not cells.get("currency"):
            if present & fields["currency"].bit or not self.source.currency:
                raise BadValue("currency_required", "An amount needs a currency: in the row, or of its source.")
            cells["currency"] = self.source.currency
            present |= fields["currency"].bit
        if present & fields["currency"].bit and not cells.get("currency") and not present & fields["amount"].bit:
            raise BadValue("currency_required", "A currency is cleared together with its amount only.")
        return present

    # --- The slow way: every error by name -------------------------------------------------------------------
    def _slowly(self, raw: Any, line: int) -> Item | Failure:
        if not isinstance(raw, Mapping):
            return Failure(line, "", [FieldError("invalid_type", "An item is an object.", pointer="")])
        errors: list[FieldError] = []
        cells: dict[str, Any] = {}
        name, op, clock, trace_id = self.envelope(raw, errors, known=self.struct.__struct_fields__)
        merged_into = self.told(errors, f"/{MERGED_INTO}", lambda: self._winner(raw.get(MERGED_INTO), op))
        present = 0
        wanted: dict[str, str] | None = None
        if op != DELETE:
            present = self._fields_slowly(raw.get("fields", {}), cells, errors)
            wanted, links = self._relations_slowly(raw.get("relations", {}), cells, errors)
            present |= links
        if not errors:
            try:
                return replace(
                    self._row(line, name, op, clock, present, cells, trace_id, wanted), merged_into=merged_into
                )
            except BadValue as problem:
                errors.append(FieldError(problem.code, problem.detail, pointer="/fields/currency"))
        shown = name or raw.get("external_id")
        trace = raw.get("trace_id", "")
        return Failure(line, shown if isinstance(shown, str) else "", errors, trace if isinstance(trace, str) else "")

    def envelope(self, raw: Mapping[str, Any], errors: list[FieldError], *, known: Collection[str]) -> Envelope:
        """What an item has round its fields and relations; what is wrong with it joins `errors`, and is None."""
        name = self.told(errors, "/external_id", lambda: self.external_id(_string(raw.get("external_id"))))
        op = self.told(errors, "/op", lambda: OPS[_one_of(raw.get("op", "upsert"), tuple(OPS))])
        clock = self.told(errors, self.clock_pointer, lambda: self.clock_in(raw))
        other = "source_updated_at" if self.by_version else "source_version"
        if other in raw:
            self.told(errors, f"/{other}", lambda: _clock_of_form(other, raw[other]))
        trace_id = self.told(errors, "/trace_id", lambda: _short(raw.get("trace_id", "")))
        errors += [
            FieldError("unknown_field", "This field is not known here.", pointer=pointer_to(key))
            for key in raw
            if key not in known
        ]
        return Envelope(name, op, clock, trace_id)

    @property
    def clock_pointer(self) -> str:
        return "/source_version" if self.by_version else "/source_updated_at"

    def clock_in(self, raw: Mapping[str, Any]) -> Clock:
        """The clock of an item or an order. Raises `BadValue`."""
        if self.by_version:
            return self._clock(UNSET, _string(raw["source_version"]) if "source_version" in raw else UNSET)
        if "source_updated_at" not in raw:
            return self._clock(UNSET, UNSET)
        return self._clock(_moment(raw["source_updated_at"]), UNSET)

    def told(self, errors: list[FieldError], pointer: str, check: Any) -> Any:
        """The value of a check, or `None` with its problem noted."""
        try:
            return check()
        except BadValue as problem:
            errors.append(FieldError(problem.code, problem.detail, pointer=pointer))
            return None

    def _fields_slowly(self, fields: Any, cells: dict[str, Any], errors: list[FieldError]) -> int:
        if not isinstance(fields, Mapping):
            errors.append(FieldError("invalid_type", "The fields of an item are an object.", pointer="/fields"))
            return 0
        present = 0
        for key, sent in fields.items():
            field = self.of.by_name.get(key)
            if field is None:
                errors.append(unknown_field(key, pointer_to("fields", key)))
                continue
            present |= field.bit
            if sent is not None:
                cells[key] = self.told(errors, f"/fields/{key}", lambda f=field, v=sent: self.value(f, v))
        return present

    def value(self, field: Field, sent: Any) -> Any:
        if field.kind == "integer":
            sent = _whole(sent)
        elif field.kind == "day":
            sent = _day(sent)
        elif field.kind == "moment":
            if field.day_means_end and isinstance(sent, str) and _PLAIN_DAY.fullmatch(sent):
                return values.end_of_day(values.day(_day(sent), field), self.zone)
            sent = _moment(sent)
        else:
            sent = _string(sent)
        return values.CHECKS[field.kind](sent, field)

    def _relations_slowly(
        self, relations: Any, cells: dict[str, Any], errors: list[FieldError]
    ) -> tuple[dict[str, str] | None, int]:
        if not isinstance(relations, Mapping):
            errors.append(FieldError("invalid_type", "The relations are an object.", pointer="/relations"))
            return None, 0
        by_name = {relation.name: relation for relation in self.of.relations}
        wanted: dict[str, str] = {}
        present = 0
        for key, sent in relations.items():
            pointer = pointer_to("relations", key)
            if key == "contacts" and self.of.roles_place:
                present |= 1 << self.of.roles_place
                self.told(errors, pointer, lambda v=sent: self.put_roles(_converted(v, list[RoleItem]), cells))
            elif key in by_name:
                present |= by_name[key].bit
                if sent is not None:
                    relation = by_name[key]
                    self.told(
                        errors,
                        pointer,
                        lambda r=relation, v=sent: self._relation(r, _converted(v, RelationByName), cells, wanted),
                    )
            else:
                errors.append(unknown_field(key, pointer))
        return wanted or None, present


def clock_problem(name: str, text: str) -> str | None:
    """What is wrong with the form of a clock, `source_updated_at` or `source_version`; None when nothing is."""
    try:
        _clock_of_form(name, text)
    except BadValue as problem:
        return problem.detail
    return None


def _clock_of_form(name: str, sent: Any) -> object:
    return _moment(sent) if name == "source_updated_at" else clock_of_version(_string(sent))


def public_id_of(relation: Relation, text: str) -> Any:
    """The uuid in our own id of a related row, `None` when it is no id of that kind."""
    return codes.decode({"account": "acc", "contact": "con", "opportunity": "opp"}[relation.to.value], text)


def _plain(stage: str) -> str:
    return re.sub(r"[\W_]+", "", stage).lower()


def unknown_field(key: str, pointer: str) -> FieldError:
    if key in ("id", "version", "complete", "created_at"):
        return FieldError("read_only_field", "This field is ours to write.", pointer=pointer)
    return FieldError("unknown_field", "This field is not known here.", pointer=pointer)


def _string(sent: Any) -> str:
    if not isinstance(sent, str):
        raise BadValue("invalid_type", "A text is needed here.")
    return sent


def _short(sent: Any) -> str:
    if len(_string(sent)) > 255 or "\x00" in sent:
        raise BadValue("too_long", "At most 255 characters.")
    return str(sent)


def _one_of(sent: Any, known: tuple[str, ...]) -> str:
    if sent not in known:
        raise BadValue("invalid_choice", f"One of: {', '.join(known)}.")
    return str(sent)


def _whole(sent: Any) -> int:
    # Bounded before it is converted: 1e999999999 is short to send and endless to write out.
    is_number = isinstance(sent, int | float | Decimal) and not isinstance(sent, bool)
    if not is_number or not -(1 << 63) < sent < 1 << 63 or sent != int(sent):
        raise BadValue("invalid_integer", "A whole number is needed here.")
    return int(sent)


def _day(sent: Any) -> dt.date:
    try:
        if isinstance(sent, str) and _PLAIN_DAY.fullmatch(sent):
            return dt.date.fromisoformat(sent)
    except ValueError:
        pass  # a day that the calendar does not have: refused below like any other
    raise BadValue("invalid_date", "Enter a day as YYYY-MM-DD.")


def _moment(sent: Any) -> dt.datetime:
    try:
        if isinstance(sent, str) and _RFC3339.fullmatch(sent):
            return msgspec.convert(sent.replace(" ", "T"), dt.datetime)
    except msgspec.ValidationError:
        pass  # a moment that the calendar does not have: refused below like any other
    raise BadValue("invalid_datetime", "Enter a moment with its offset, such as 2026-11-20T09:15:02Z (RFC 3339).")


def _converted(sent: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(sent, kind)
    except msgspec.ValidationError:
        raise BadValue("invalid_relation", "This relation does not have the form that is documented.") from None
