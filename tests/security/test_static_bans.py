"""What our code must not hold, found in its syntax tree. `security` section 11.3."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
FLOORS = ("clg", "accounts", "advocacy", "referrals", "growth")
# Only this module may open an HTTP connection to elsewhere; the crew asks its own web process whether it lives.
MAY_CONNECT = {"clg/events/egress.py", "clg/processes.py"}
BANNED_IMPORTS = {"pickle", "marshal", "shelve", "requests", "httpx", "urllib3", "http.client", "urllib.request"}
# Statements that a name of ours is formatted into, each a constant of its module.
BANNED_CALLS = {"mark_safe", "SafeText", "eval", "exec", "extra", "RawSQL", "csrf_exempt", "import_string"}
COMPARED = re.compile(r"(token|secret|hmac|digest|password)$")


def sources():
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def banned(module, node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name in BANNED_IMPORTS and module not in MAY_CONNECT]
    if isinstance(node, ast.ImportFrom):
        return [node.module] if node.module in BANNED_IMPORTS and module not in MAY_CONNECT else []
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        is_yaml = name == "load" and getattr(getattr(node.func, "value", None), "id", "") == "yaml"
        return [name] if (name in BANNED_CALLS and not _is_own(node)) or is_yaml else []
    if isinstance(node, ast.Assign):
        return ["fields = __all__"] if getattr(node.value, "value", None) == "__all__" else []
    if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq) for op in node.ops):
        names = [getattr(side, "attr", getattr(side, "id", "")) for side in (node.left, *node.comparators)]
        return [f"== {name}" for name in names if COMPARED.search(name)]
    return []


def _is_own(node):
    """`extra` of something that is no queryset: a call with a plain dict of log keys."""
    return getattr(node.func, "attr", "") == "extra" and not node.args and not node.keywords


def test_code_holds_nothing_that_is_banned():
    found = [
        f"{module}:{node.lineno} {name}"
        for module, tree in sources()
        for node in ast.walk(tree)
        for name in banned(module, node)
    ]

    assert found == []


def test_templates_trust_no_text():
    trusted = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if re.search(r"\|\s*safe\b|autoescape off", path.read_text())
    ]

    assert trusted == []
