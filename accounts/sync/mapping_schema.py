"""What a mapping may say, as JSON schemas: presets, mapping files and the API are all checked by them.

The names of fields, relations and transforms are those of the code, so no rule names one that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from accounts.choices import Outcome
from accounts.sync.forms import DATE_ORDERS, ENCODINGS, STEPS
from accounts.sync.objects import OBJECTS
from clg.api.bodies import Body, JsonSchema, closed, errors_in, ref
from clg.errors import FieldError, pointer_to

_LONGEST: Final = 200
_SIGN: Final = r"[^\x00-\x1f\x7f]"
_TEXT: Final[JsonSchema] = {"type": "string", "maxLength": _LONGEST, "pattern": f"^{_SIGN}*$"}
_COLUMNS: Final[JsonSchema] = {
    "type": "array",
    "maxItems": 50,
    "items": _TEXT,
    "description": "Headings, the first that the file has counts; case, spaces and punctuation aside.",
}
# Transforms that need a word behind a colon, and those that take none.
_WITH_WORD: Final = ("map", "prefix", "strip", "split")
_PLAIN: Final = [name for name in STEPS if name not in _WITH_WORD]
_TRANSFORM: Final = rf"^({'|'.join(_PLAIN)}|({'|'.join(_WITH_WORD)}):{_SIGN}+)$"

OPTIONS: Final[dict[str, JsonSchema]] = {
    "delimiter": {"type": "string", "pattern": r"^([,;|\t:^~])?$", "description": "By default found by itself."},
    "encoding": {
        "type": "string",
        "enum": ["", *ENCODINGS],
        "description": "By default the file's mark, else UTF-8 if it is that, else Windows 1252.",
    },
    "time_zone": {
        "type": "string",
        "format": "time-zone",
        "maxLength": 60,
        "description": "Of moments without offset, such as Europe/Berlin; by default the source's.",
    },
    "date_format": {"type": "string", "enum": list(DATE_ORDERS)},
    "decimal": {"type": "string", "enum": [".", ","]},
    "invalid_values": {
        "type": "string",
        "enum": ["fail", "drop"],
        "description": "drop: a bad optional value is left out with a warning instead of failing its row",
    },
}


def _keyed(values: JsonSchema, words: str) -> dict[str, Any]:
    """An object whose keys are data."""
    return {"type": "object", "additionalProperties": values, "maxProperties": 1000, "description": words}


COMPONENTS: Final[dict[str, JsonSchema]] = {
    "ImportRule": closed(
        {
            "columns": _COLUMNS,
            "template": {
                **_TEXT,
                "pattern": r"^[^{}\x00-\x1f\x7f]*(\{row\}[^{}\x00-\x1f\x7f]*)*$",
                "description": "An id for rows without one: `AccountRef{row}`, the first row being 1.",
            },
            "transform": {
                "type": "array",
                "maxItems": 10,
                "items": {**_TEXT, "pattern": _TRANSFORM},
                "description": f"From left to right: {', '.join(_PLAIN)}, {', '.join(f'{w}:...' for w in _WITH_WORD)}.",
            },
            "default": {**_TEXT, "description": "The value of an empty cell."},
            "when": {"type": "string", "enum": ["", "closed"], "description": "closed: not read of open deals"},
        },
        words="Where one value comes from.",
    ),
    "ImportOutcomeColumns": closed({"won": _COLUMNS, "closed": _COLUMNS}, words="Columns of yes and no."),
    "ImportValueMap": _keyed(_TEXT, "Their value -> ours; `*` stands for every other one."),
    "ImportValueMaps": _keyed(ref("ImportValueMap"), "By the name that `map:<name>` calls."),
    "ImportStageMap": _keyed({"type": "string", "enum": Outcome.values}, "Their stage -> its outcome."),
    "ImportFileOptions": closed(OPTIONS, words="How the file is written."),
    "ImportRules": _keyed(ref("ImportRule"), "By the name of the field or the relation."),
    "ImportSection": closed(
        {
            **dict.fromkeys(("external_id", "clock", "deleted", "merged_into", "merged_ids"), ref("ImportRule")),
            "outcome_from": ref("ImportOutcomeColumns"),
            "fields": ref("ImportRules"),
            "relations": ref("ImportRules"),
        },
        words="How the rows of one object are read.",
    ),
    "ImportMapping": closed(
        {
            "based_on": {**_TEXT, "description": "A preset that holds where this mapping says nothing."},
            "description": _TEXT,
            "options": ref("ImportFileOptions"),
            "value_maps": ref("ImportValueMaps"),
            "stage_map": ref("ImportStageMap"),
            **dict.fromkeys(OBJECTS, ref("ImportSection")),
        },
        words="How the columns of a foreign file become fields of ours.",
    ),
}
_MAPPING: Final = Body("ImportMapping", COMPONENTS)


def errors_of_mapping(rules: Any) -> list[FieldError]:
    """What is wrong with a mapping, with pointers into it."""
    return errors_in(rules, _MAPPING) or list(_unknown_names(rules))


def _unknown_names(rules: Mapping[str, Any]) -> Iterator[FieldError]:
    """Fields and relations that the object does not have."""
    for plural, of in OBJECTS.items():
        section = rules.get(plural, {})
        known = {"fields": set(of.by_name), "relations": {relation.name for relation in of.relations}}
        for group, names in known.items():
            for name in sorted(set(section.get(group, ())) - names):
                detail = f"There is no such field of {plural}."
                yield FieldError("unknown_field", detail, pointer_to(plural, group, name))
