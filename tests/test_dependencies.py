"""`docs/dependencies.md` names every module that opens a connection, and nothing else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.security.bans import ROOT, sources

# Names of modules that connect, of a server of ours or of somebody else's.
CLIENTS = re.compile(
    r"^(requests|requests_hardened|httpx|aiohttp|urllib3|urllib\.request|http\.client|smtplib|ftplib|socketserver"
    r"|django\.core\.mail|kombu|simple_salesforce)(\.|$)"
)
REGISTER = ROOT / "docs" / "dependencies.md"
# Named by a setting, not by an import.
BY_SETTING = {"clg/settings/base.py"}


def connecting() -> set[str]:
    return {str(path.relative_to(ROOT)) for path in sources() if any(map(CLIENTS.match, imported(path)))}


def imported(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
    return found


def registered() -> set[str]:
    rows = [line.split("|")[2] for line in REGISTER.read_text().splitlines() if line.startswith("| ")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_every_client_in_the_code_is_registered_and_every_entry_exists():
    assert registered() - BY_SETTING == connecting()
    assert all((ROOT / name).exists() for name in registered())


def test_every_entry_says_how_long_how_often_and_what_then():
    rows = [line for line in REGISTER.read_text().splitlines() if line.startswith("| ")]

    assert all(cell.strip() for row in rows for cell in row.strip("|").split("|"))
