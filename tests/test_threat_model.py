"""The threat model names real tests: who renames one, or takes one away, hears of it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_each_test_that_the_threat_model_names_exists():
    named = set(NAMED.findall((ROOT / "docs" / "security.md").read_text()))

    assert len(named) > 60
    assert {(path, name) for path, name in named if name not in functions_of(path)} == set()


def functions_of(path):
    file = ROOT / path
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_no_row_is_without_a_test():
    rows = [line for line in (ROOT / "docs" / "security.md").read_text().splitlines() if line.startswith("| ")]
    threats = [line for line in rows if not line.startswith(("| Threat", "| Surface"))]

    assert [line for line in threats if not NAMED.search(line)] == []
