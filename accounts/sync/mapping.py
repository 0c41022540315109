"""Presets and mapping files: which column of a foreign file is which field, as data.

A preset is TOML (`presets/<name>.toml`), a mapping file for any other CRM has the same form. `based_on` names a preset
whose rules are kept where the file has none. Columns are matched without case, spaces and punctuation; the first alias
that the file has is read. The transforms of a rule run from left to right, then the field's own form is read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from accounts.choices import Outcome
from accounts.models import CrmSource
from accounts.sync import forms
from accounts.sync.forms import FileOptions
from accounts.sync.objects import SyncObject
from accounts.sync.values import BadValue
from clg.errors import InvalidInput

PRESETS: Final = Path(__file__).parent / "presets"
_SECTION_KEYS: Final = frozenset(
    ["external_id", "clock", "deleted", "merged_into", "merged_ids", "outcome_from", "fields", "relations"]
)


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
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def load_preset(name: str) -> FileMapping:
    """Raises `InvalidInput` for a name that no preset has."""
    if name not in preset_names():
        raise InvalidInput(
            f"There is no preset {name!r}; there are: {', '.join(preset_names())}.", code="unknown_preset"
        )
    return _read(PRESETS / f"{name}.toml")


def load_mapping(path: Path) -> FileMapping:
    """A mapping file of the user. Raises `InvalidInput` with what is wrong with it."""
    try:
        return _read(path)
    except (OSError, tomllib.TOMLDecodeError, TypeError, AttributeError) as problem:
        raise InvalidInput(f"The mapping file cannot be read: {problem}", code="invalid_mapping") from problem


def _read(path: Path) -> FileMapping:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    base = load_preset(data["based_on"]) if "based_on" in data else None
    sections = dict(base.sections) if base else {}
    for noun in ("accounts", "contacts", "opportunities"):
        if noun in data:
            sections[noun] = _section(data[noun], sections.get(noun))
    options = {**(_plain(base.options) if base else {}), **data.get("options", {})}
    return FileMapping(
        name=path.stem,
        sections=sections,
        value_maps={**(base.value_maps if base else {}), **data.get("value_maps", {})},
        stage_map={**(base.stage_map if base else {}), **data.get("stage_map", {})},
        options=FileOptions(**options),
    )


def _plain(options: FileOptions) -> dict[str, Any]:
    return {each.name: getattr(options, each.name) for each in fields(options)}


def _section(data: Mapping[str, Any], base: Section | None) -> Section:
    unknown = sorted(set(data) - _SECTION_KEYS)
    if unknown:
        raise InvalidInput(f"Unknown keys in the mapping: {', '.join(unknown)}.", code="invalid_mapping")
    base = base or Section(external_id=Rule())
    rules = {
        key: _rule(data[key]) for key in ("external_id", "clock", "deleted", "merged_into", "merged_ids") if key in data
    }
    return replace(
        base,
        **rules,
        fields={**base.fields, **{name: _rule(rule) for name, rule in data.get("fields", {}).items()}},
        relations={**base.relations, **{name: _rule(rule) for name, rule in data.get("relations", {}).items()}},
        outcome_from=data.get("outcome_from", base.outcome_from),
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
        for step in self.steps:
            if value == "":
                break
            value = step(value)
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
        self.clock = self._optional("clock", section.clock, self._moment)
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
            item["source_updated_at"] = clock
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
        known = {r.name for r in self.of.relations} if group == "relations" else set(self.of.by_name)
        unknown = sorted(set(rules) - known)
        if unknown:
            raise InvalidInput(f"The mapping names unknown {group}: {', '.join(unknown)}.", code="invalid_mapping")
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
        step = forms.STEPS.get(verb)
        if step is None:
            raise InvalidInput(f"The mapping names an unknown transform: {name}.", code="invalid_mapping")
        return step(argument)

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
