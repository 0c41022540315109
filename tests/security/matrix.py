"""`matrix.toml` read: every entry with who may, of which rows, and what everybody else gets."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_WRITTEN: Final = tomllib.loads((Path(__file__).parent / "matrix.toml").read_text())
SETS: Final = _WRITTEN["sets"]
STRANGERS: Final = frozenset({"anonymous", "disabled"})
ROWS: Final = ("own", "team", "foreign")
_SIGHTS: Final[Mapping[str, frozenset[str]]] = {
    "own": frozenset({"own"}),
    "team": frozenset({"own", "team"}),
    "all": frozenset(ROWS),
}
# Who is bound to the ids of another source, and so finds nothing by those of the first.
OTHER_SOURCE: Final = "client_of_another_source"

Sights = Mapping[str, frozenset[str]]


def sights(listed: Iterable[str]) -> Sights:
    """`["marketer", "sales:team"]` -> principals with the rows that each reaches."""
    found: dict[str, frozenset[str]] = {}
    for name in listed:
        if name.startswith("@"):
            found |= sights(SETS[name[1:]])
            continue
        who, _, limit = name.rpartition(":")
        found[who if limit in ("own", "team") else name] = _SIGHTS[limit if limit in ("own", "team") else "all"]
    return found


@dataclass(frozen=True)
class Entry:
    """One method of one route. `see` is who knows the rows at all, so whose foreign rows are missing, not denied."""

    method: str
    route: str
    allow: Sights
    see: Sights
    answer: str = "ok"
    object: str = ""
    others: Mapping[str, Sights] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def is_api(self) -> bool:
        return self.route.startswith("api/v1/") and self.route != "api/v1/docs/"

    def reached(self, principal: str) -> frozenset[str] | None:
        """The rows of the allowed; a client of another source is bound by scope like any other."""
        if principal == OTHER_SOURCE and principal not in self.allow:
            by_scope = any(name.startswith("client:") and name.endswith(":read") for name in self.allow)
            return None if not by_scope else frozenset() if "external_id" in self.route else _SIGHTS["all"]
        return self.allow.get(principal)

    def is_allowed(self, principal: str, row: str) -> bool:
        reached = self.reached(principal)
        return reached is not None and row in reached

    def expected(self, principal: str, row: str) -> set[str]:
        """The answers that are right, in a word each: see `principals.word_of`."""
        for answer, whose in self.others.items():
            if principal in whose:
                return {answer}
        reached = self.reached(principal)
        if reached is not None:
            return set(self.answer.split("|")) if row in reached else {"missing"}
        if principal == "mfa_missing":
            return {"mfa"}
        if principal in STRANGERS or principal == "client_disabled":
            return {"challenge"} if self.is_api else {"login"}
        # A row out of sight of somebody who could not do it anyway is both.
        hidden = principal in self.see and row not in self.see[principal]
        return {"denied", "missing"} if hidden else {"denied"}


def _routes() -> Iterator[Entry]:
    for names, told in _WRITTEN["routes"].items():
        methods, _, route = names.rpartition(" ")
        allow = sights(told["allow"])
        others = {answer: sights(whose) for answer, whose in told.get("others", {}).items()}
        for method in methods.split(" "):
            yield Entry(method, route, allow, allow, told.get("answer", "ok"), told.get("object", ""), others)


def _screens() -> Iterator[Entry]:
    for label, told in _WRITTEN["screens"].items():
        yield from _screen(label, told)


def _screen(label: str, told: Mapping[str, Any]) -> Iterator[Entry]:
    app, model = label.split(".")
    base, row = f"admin/{app}/{model}/", f"admin/{app}/{model}/<path:object_id>/"
    see = sights(told["see"])
    opened = sights(told.get("open", told["see"]))
    history = {who: rows for who, rows in opened.items() if who in ("administrator", "marketer", "auditor")}
    edit, add = sights(told.get("edit", [])), sights(told.get("add", []))
    for method in ("GET", "POST"):
        yield Entry(method, base, see, see)
        yield Entry(method, f"{base}add/", add, add, "ok|elsewhere")
        yield Entry(method, f"{row}delete/", {}, see, object=model)
        yield Entry(method, f"{row}history/", history, see, object=model)
        yield from (
            Entry(method, f"{row}act/{act}/", sights(allow), see, "ok|elsewhere", model)
            for act, allow in told.get("acts", {}).items()
        )
        yield from (
            Entry(method, f"{base}do/{act}/", sights(allow), see, "ok|elsewhere")
            for act, allow in told.get("list_acts", {}).items()
        )
    if "export" in told:
        yield Entry("GET", f"{base}export.csv", sights(told["export"]), see)
    if told.get("saves_filters"):
        yield Entry("POST", f"{base}filters/save/", see, see, "elsewhere")
        yield Entry("POST", f"{base}filters/<int:key>/forget/", see, see, "elsewhere")
    yield Entry("GET", f"{row}change/", opened, see, object=model)
    yield Entry("POST", f"{row}change/", edit, see, "ok|elsewhere", model)
    # Django's short address of a row leads to its page, whoever may open that.
    yield Entry("GET", row, sights(["@signed_in"]), see, "elsewhere", model)


ENTRIES: Final[Mapping[str, Entry]] = {entry.name: entry for entry in (*_routes(), *_screens())}
