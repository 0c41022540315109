"""Presets and mapping files: which column of a foreign file is which field, as data.

A preset is TOML (`presets/<name>.toml`), a mapping file for any other CRM has the same form. `based_on` names a preset
whose rules are kept where the file has none. Columns are matched without case, spaces and punctuation; the first alias
that the file has is read. The transforms of a rule run from left to right, then the field's own form is read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from accounts.choices import Outcome, SourceOrdering
from accounts.models import CrmSource, ImportPreset
from accounts.sync import forms
from accounts.sync.forms import FileOptions
from accounts.sync.mapping_schema import errors_of_mapping
from accounts.sync.objects import SyncObject
from accounts.sync.values import BadValue
from clg.errors import InvalidInput

PRESETS: Final = Path(__file__).parent / "presets"
NOUNS: Final = ("accounts", "contacts", "opportunities")


@dataclass(frozen=True)
class Rule:
    """Where one value comes from. `when = "closed"` leaves it out for deals that are open."""

    columns: tuple[str, ...] = ()
    template: str = ""
    transform: tuple[str, ...] = ()
    default: str = ""
    when: str = ""


@dataclass(frozen=True)
class Section:
    """The rules of one object."""

    external_id: Rule
    clock: Rule = field(default_factory=Rule)
    deleted: Rule = field(default_factory=Rule)
    merged_into: Rule = field(default_factory=Rule)
    merged_ids: Rule = field(default_factory=Rule)
    outcome_from: Mapping[str, Sequence[str]] = field(default_factory=dict)
    fields: Mapping[str, Rule] = field(default_factory=dict)
    relations: Mapping[str, Rule] = field(default_factory=dict)


@dataclass(frozen=True)
class FileMapping:
    """A preset, read and checked. `stage_map`: their stage -> outcome; `value_maps`: name -> their value -> ours."""

    name: str
    sections: Mapping[str, Section]
    value_maps: Mapping[str, Mapping[str, str]]
    stage_map: Mapping[str, str]
    options: FileOptions


def preset_names() -> list[str]:
    """Names of the shipped presets."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def shipped_rules(name: str) -> dict[str, Any]:
    """What a shipped preset says, as data."""
    return tomllib.loads((PRESETS / f"{name}.toml").read_text(encoding="utf-8"))


def preset_rules(name: str, *, above: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a preset says, a shipped one or one of ours; `above` are those based on it. Raises `InvalidInput`."""
    if name in above:
        raise InvalidInput(f"The preset {name} is based on itself.", code="invalid_mapping")
    if name in preset_names():
        return complete_rules(shipped_rules(name))
    own = ImportPreset.objects.filter(name=name).first()
    if own is None:
        known = [*preset_names(), *ImportPreset.objects.filter(is_shipped=False).values_list("name", flat=True)]
        raise InvalidInput(f"There is no preset {name!r}; there are: {', '.join(known)}.", code="unknown_preset")
    return complete_rules(own.rules, above=(*above, name))


def load_preset(name: str) -> FileMapping:
    """Raises `InvalidInput` for a name that no preset has."""
    return mapping_of(preset_rules(name), name)


def load_mapping(path: Path) -> FileMapping:
    """A mapping file of the user. Raises `InvalidInput` with what is wrong with it."""
    return mapping_of(load_rules(path), path.stem)


def load_rules(path: Path) -> dict[str, Any]:
    """What a mapping file says, completed by the preset it is based on. Raises `InvalidInput`."""
    try:
        return complete_rules(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise InvalidInput(f"The mapping file cannot be read: {problem}", code="invalid_mapping") from problem


def complete_rules(own: Mapping[str, Any], *, above: tuple[str, ...] = ()) -> dict[str, Any]:
    """Rules with those of the preset that `based_on` names; where both say something, the own ones hold.

    Raises `InvalidInput` for rules of another form, and for presets that are based on each other.
    """
    errors = errors_of_mapping(own)
    if errors:
        first = errors[0]
        place = first.pointer.lstrip("/").replace("/", ".") or "it"
        message = f"The mapping cannot be read: {place}: {first.detail}"
        raise InvalidInput(message, errors=errors, code="invalid_mapping")
    base = preset_rules(own["based_on"], above=above) if own.get("based_on") else {}
    return joined_rules(base, {key: value for key, value in own.items() if key != "based_on"})


def joined_rules(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Two sets of rules as one: sections key by key, their fields and relations name by name, maps whole."""
    return {**base, **own, **_joined_sections(base, own), **_joined_maps(base, own)}


def _joined_sections(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    both = [noun for noun in NOUNS if noun in base and noun in own]
    return {noun: {**base[noun], **own[noun], **_joined_groups(base[noun], own[noun])} for noun in both}


def _joined_groups(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    return {group: {**base.get(group, {}), **own.get(group, {})} for group in ("fields", "relations")}


def _joined_maps(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    return {group: {**base.get(group, {}), **own.get(group, {})} for group in ("options", "value_maps", "stage_map")}


def mapping_of(rules: Mapping[str, Any], name: str) -> FileMapping:
    """Complete rules as a mapping."""
    return FileMapping(
        name=name,
        sections={noun: _section(rules[noun]) for noun in NOUNS if noun in rules},
        value_maps=rules.get("value_maps", {}),
        stage_map=rules.get("stage_map", {}),
        options=FileOptions(**rules.get("options", {})),
    )


def _section(data: Mapping[str, Any]) -> Section:
    rules = {
        key: _rule(data[key]) for key in ("external_id", "clock", "deleted", "merged_into", "merged_ids") if key in data
    }
    rules.setdefault("external_id", Rule())
    return Section(
        **rules,
        fields={name: _rule(rule) for name, rule in data.get("fields", {}).items()},
        relations={name: _rule(rule) for name, rule in data.get("relations", {}).items()},
        outcome_from={name: tuple(columns) for name, columns in data.get("outcome_from", {}).items()},
    )


def _rule(data: Mapping[str, Any]) -> Rule:
    return Rule(
        columns=tuple(data.get("columns", ())),
        template=data.get("template", ""),
        transform=tuple(data.get("transform", ())),
        default=data.get("default", ""),
        when=data.get("when", ""),
    )


def plain_name(text: str) -> str:
    """A heading without case, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", text).lower()


@dataclass(frozen=True)
class Reading:
    """One value of a row: its place in the item, the cell it comes from, and what is done to it."""

    target: str
    column: str
    cell: int | None
    steps: tuple[Callable[[str], Any], ...]
    default: str
    when: str = ""

    def of(self, cells: Sequence[str]) -> Any:
        """The value, `None` for an empty cell. Raises `BadValue`."""
        value: Any = cells[self.cell].strip() if self.cell is not None and self.cell < len(cells) else ""
        try:
            for step in self.steps:
                if value == "":
                    break
                value = step(value)
        except (TypeError, AttributeError) as problem:
            raise BadValue("invalid_transform", "The transforms of this column do not fit each other.") from problem
        return self.default or None if value == "" else value


class RowReader:
    """Turns the rows of one file into items as the API takes them."""

    def __init__(self, mapping: FileMapping, of: SyncObject, source: CrmSource, header: Sequence[str]) -> None:
        """Raises `InvalidInput` when the mapping has no such object or the file lacks the key column."""
        section = mapping.sections.get(of.plural)
        if section is None:
            raise InvalidInput(f"The mapping {mapping.name} does not say how to read {of.plural}.", code="no_section")
        self.mapping = mapping
        self.of = of
        self.section = section
        self.value_maps = {**mapping.value_maps, **source.value_maps}
        self.at = {plain_name(name): index for index, name in reversed(list(enumerate(header)))}
        self.header = list(header)
        self.used: set[int] = set()
        self.key = self._key()
        is_version = source.ordering == SourceOrdering.VERSION
        self.clock_name = "source_version" if is_version else "source_updated_at"
        self.clock = self._optional("clock", section.clock, *(() if is_version else (self._moment,)))
        self.deleted = self._optional("deleted", section.deleted, forms.boolean)
        self.merged_into = self._optional("merged_into", section.merged_into)
        self.merged_ids = self._optional("merged_ids", section.merged_ids)
        self.fields = self._group(section.fields, "fields")
        self.relations = self._group(section.relations, "relations")
        self.outcome_flags = {
            name: self._reading(name, Rule(tuple(columns)), (forms.boolean,))
            for name, columns in section.outcome_from.items()
        }

    @property
    def unmapped(self) -> list[str]:
        """Headings that no rule reads."""
        return [name for index, name in enumerate(self.header) if index not in self.used]

    def external_id(self, cells: Sequence[str], row: int) -> str:
        if self.section.external_id.template:
            return self.section.external_id.template.format(row=row)
        return self.key.of(cells) or ""

    def item(self, cells: Sequence[str], row: int, problems: list[tuple[str, BadValue]]) -> dict[str, Any]:
        """An item of section 3; values that cannot be read are noted as (target, problem) and left out."""
        item: dict[str, Any] = {"external_id": self.external_id(cells, row)}
        clock = _told(self.clock, cells, problems)
        if clock is not None:
            item[self.clock_name] = clock
        if _told(self.deleted, cells, problems) is True:
            return {**item, "op": "delete"}
        values = {each.target: _told(each, cells, problems) for each in self.fields}
        if self.outcome_flags.get("closed") is not None:
            values["outcome"] = self._outcome(cells, problems)
        item["fields"] = values
        item["relations"] = {
            each.target: None if (name := _told(each, cells, problems)) is None else {"external_id": name}
            for each in self.relations
        }
        return item

    def open_only(self) -> list[str]:
        """Fields that hold only once a deal is closed."""
        return [each.target for each in self.fields if each.when == "closed"]

    # --- Columns ---------------------------------------------------------------------------------------------
    def _key(self) -> Reading:
        rule = self.section.external_id
        found = self._reading("external_id", rule)
        if found is None and not rule.template:
            raise InvalidInput(
                f"The file has no key column; looked for {', '.join(rule.columns)}, it has {', '.join(self.header)}.",
                code="missing_key_column",
            )
        return found or Reading("external_id", "", None, (), "")

    def _optional(self, name: str, rule: Rule, *own: Callable[[str], Any]) -> Reading | None:
        return self._reading(name, rule, own)

    def _group(self, rules: Mapping[str, Rule], group: str) -> list[Reading]:
        readings = (
            self._reading(name, rule, self._form(name) if group == "fields" else ()) for name, rule in rules.items()
        )
        return [reading for reading in readings if reading is not None]

    def _reading(self, target: str, rule: Rule, own: Sequence[Callable[[str], Any]] = ()) -> Reading | None:
        """The reading of a rule, `None` when the file has none of its columns and there is no default."""
        cell = next((self.at[name] for name in map(plain_name, rule.columns) if name in self.at), None)
        if cell is None and not rule.default:
            return None
        if cell is not None:
            self.used.add(cell)
        steps = (*(self._step(name) for name in rule.transform), *own)
        column = self.header[cell] if cell is not None else ""
        return Reading(target, column, cell, steps, rule.default, rule.when)

    def _step(self, name: str) -> Callable[[str], Any]:
        verb, _, argument = name.partition(":")
        if verb == "map":
            return forms.mapped(self.value_maps.get(argument, {}))
        return forms.STEPS[verb](argument)

    def _form(self, name: str) -> tuple[Callable[[str], Any], ...]:
        """How a cell of this field's kind is written in this file."""
        of_field = self.of.by_name[name]
        options = self.mapping.options
        if of_field.kind == "moment":
            return (self._moment_or_day,) if of_field.day_means_end else (self._moment,)
        if of_field.kind == "day":
            return (lambda text: forms.day(text, options),)
        if of_field.kind == "decimal":
            return (lambda text: forms.decimal(text, options),)
        return (forms.integer,) if of_field.kind == "integer" else ()

    def _moment(self, text: str) -> str:
        return forms.moment(text, self.mapping.options)

    def _moment_or_day(self, text: str) -> str:
        return forms.moment_or_day(text, self.mapping.options)

    def _outcome(self, cells: Sequence[str], problems: list[tuple[str, BadValue]]) -> str:
        closed = _told(self.outcome_flags["closed"], cells, problems)
        won = _told(self.outcome_flags.get("won"), cells, problems)
        return str((Outcome.WON if won else Outcome.LOST) if closed else Outcome.OPEN)


def _told(reading: Reading | None, cells: Sequence[str], problems: list[tuple[str, BadValue]]) -> Any:
    if reading is None:
        return None
    try:
        return reading.of(cells)
    except BadValue as problem:
        problems.append((reading.target, problem))
        return None
