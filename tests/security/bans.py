"""What our code may not contain, found in its syntax trees: `security` sections 2.4 and 11.3.

Ruff refuses modules (`banned-api`) and eval, weak hashes and the like (`S`); here is what it has no rule for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
APPS: Final = ("clg", "accounts", "advocacy", "referrals", "growth")
# Where people and clients come in: rows are cut to their sight before anything else.
DOORS: Final = re.compile(r"^\w+/(admin|api|portal|views|filters)(/|\.py$|_)")
_SECRET_NAME: Final = re.compile(r"(token|secret|hmac)$")
_HTTP: Final = re.compile(r"^(requests|httpx|aiohttp|urllib3|urllib\.request|http\.client)(\.|$)")
_UNSAFE_MODULES: Final = frozenset({"pickle", "cPickle", "marshal", "shelve", "dill"})
_SQL_CALLS: Final = frozenset({"execute", "executemany", "raw", "RawSQL"})
_LEADING: Final = frozenset({"pk", "id"})


@dataclass(frozen=True)
class Breach:
    """One place with the name of the ban it breaks."""

    ban: str
    place: str
    code: str

    def __str__(self) -> str:
        return f"{self.ban}: {self.place}: {self.code}"


def sources() -> Iterator[Path]:
    for app in APPS:
        yield from (path for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts)


def breaches_of(code: str, name: str) -> list[Breach]:
    """Every breach in one module; `name` is its path from the root."""
    tree = ast.parse(code)
    found = (
        Breach(ban, f"{name}:{node.lineno}", ast.unparse(node)[:120])
        for node in ast.walk(tree)
        for ban, is_broken in BANS.items()
        if hasattr(node, "lineno") and is_broken(node)
    )
    asked = _unscoped(tree) if DOORS.match(name) else iter(())
    return [*found, *(Breach("sight", f"{name}:{node.lineno}", ast.unparse(node)[:120]) for node in asked)]


# --- Sight -------------------------------------------------------------------------------------------------------
def _unscoped(tree: ast.AST) -> Iterator[ast.expr]:
    """`Model.objects` that is not followed by `visible_to`, and a key looked up among rows that were not cut."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and _is_manager(node.value):
            if node.attr not in ("visible_to", "none"):
                yield node
        elif isinstance(node, ast.Call) and _looks_up_key(node) and "visible_to" not in ast.unparse(node.func):
            yield node


def _is_manager(node: ast.Attribute) -> bool:
    return node.attr == "objects" and isinstance(node.value, ast.Name) and node.value.id[:1].isupper()


def _looks_up_key(node: ast.Call) -> bool:
    if isinstance(node.func, ast.Name):
        return node.func.id in ("get_object_or_404", "get_list_or_404")
    is_get = isinstance(node.func, ast.Attribute) and node.func.attr == "get"
    return is_get and any((word.arg or "").split("__")[0] in _LEADING for word in node.keywords)


# --- Bans of single expressions -----------------------------------------------------------------------------------
def _called(node: ast.AST) -> str:
    """The last name of what is called: `queryset.extra(...)` -> extra."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _calls_http(node: ast.AST) -> bool:
    return any(_HTTP.match(name) for name in _imports(node))


def _marks_safe(node: ast.AST) -> bool:
    return _called(node) in ("mark_safe", "SafeString", "SafeText") and not _is_literal(node)


def _is_literal(node: ast.AST) -> bool:
    """A call with texts of our own alone: nobody's input becomes markup."""
    return isinstance(node, ast.Call) and all(isinstance(argument, ast.Constant) for argument in node.args)


def _formats_sql(node: ast.AST) -> bool:
    """SQL put together where it is run; a constant, a .sql file or `sql.SQL` is no text of anybody's."""
    if _called(node) not in _SQL_CALLS or not isinstance(node, ast.Call) or not node.args:
        return False
    first = node.args[0]
    formatted = isinstance(first, ast.Call) and _called(first) == "format" and "SQL(" not in ast.unparse(first)
    return isinstance(first, ast.JoinedStr) or formatted or _is_percent(first)


def _is_percent(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add) and "Constant" in ast.dump(node.left)


def _compares_secret(node: ast.AST) -> bool:
    """`==` on something named like a secret: the time it takes tells how much was right."""
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return False
    sides = [node.left, *node.comparators]
    return not any(isinstance(side, ast.Constant) for side in sides) and any(_named_secret(side) for side in sides)


def _named_secret(node: ast.AST) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return bool(_SECRET_NAME.search(name))


def _is_all_fields(node: ast.AST) -> bool:
    """`fields = "__all__"`: a column that comes tomorrow is shown tomorrow."""
    return isinstance(node, ast.Constant) and node.value == "__all__"


BANS: Final[dict[str, Callable[[ast.AST], bool]]] = {
    "http outside egress": _calls_http,
    "mark_safe": _marks_safe,
    "extra": lambda node: _called(node) == "extra",
    "formatted SQL": _formats_sql,
    "__all__": _is_all_fields,
    "csrf_exempt": lambda node: any(name.endswith(".csrf_exempt") for name in _imports(node)),
    "== on a secret": _compares_secret,
    "delay before commit": lambda node: _called(node) in ("delay", "apply_async", "send_task"),
    "pickle": lambda node: any(name.split(".")[0] in _UNSAFE_MODULES for name in _imports(node)),
    "yaml.load": lambda node: isinstance(node, ast.Call) and ast.unparse(node.func) in ("yaml.load", "yaml.full_load"),
}
