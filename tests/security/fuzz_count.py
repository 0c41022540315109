"""How many cases the fuzzer sent, over all processes of a run; a whole run with fewer than it owes fails.

A test says how many it sent with its report, as reports are all that comes back from another process.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

CASES_OF_TEST: Final = "fuzz_cases"
# What every push owes, by `crm-sync`; sent with a client's token to every operation of the document.
WANTED: Final = 1_500
_BY_CLIENT: Final = "test_client_gets_what_the_document_says"
_DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "api" / "openapi-3.0.json"
_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})


class FuzzCount:
    """The sums of one run."""

    def __init__(self) -> None:
        self.cases = self.by_client = self.operations = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, cases in report.user_properties if report.when == "teardown" else ():
            if name == CASES_OF_TEST:
                self.cases += int(str(cases))
                is_client = _BY_CLIENT in report.nodeid
                self.by_client += int(str(cases)) if is_client else 0
                self.operations += is_client

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.is_short:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.cases:
            said = f"fuzz: {self.cases:,} cases, {self.by_client:,} of them a client's"
            terminalreporter.write_line(f"{said}: {WANTED:,} are owed" if self.is_short else said, red=self.is_short)

    @property
    def is_short(self) -> bool:
        """Whether every operation was asked, and too little; a run of some tests owes nothing."""
        return 0 < self.operations == operations_documented() and self.by_client < WANTED


def operations_documented() -> int:
    paths = json.loads(_DOCUMENT.read_text())["paths"]
    return sum(method in _METHODS for path in paths.values() for method in path)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(FuzzCount())
