"""Import exchange rates from a CSV file with the columns currency, on, rate."""

from __future__ import annotations

import csv
import datetime as dt
import json
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.actions.rate import Rate, record_rates, wrong_with
from clg.commands import AuditedCommand

COLUMNS = ["currency", "on", "rate"]


class Command(AuditedCommand):
    """One row a currency and day: units of the reporting currency for one unit. Good rows are stored."""

    help = "Records exchange rates from CSV (currency,on,rate); a rate that holds already is not recorded again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        good: list[Rate] = []
        bad: list[dict[str, Any]] = []
        for line, row in self._rows(options["file"]):
            rate = _rate(row)
            problem = wrong_with(rate) if isinstance(rate, Rate) else None
            if isinstance(rate, Rate) and problem is None:
                good.append(rate)
            else:
                column, code = (problem.pointer[1:], problem.code) if problem else (str(rate), "invalid_value")
                bad.append({"line": line, "column": column, "code": code})
        recorded = record_rates(rates=good, source=f"import:{options['file'].name}"[:100])
        told = {"total": len(good) + len(bad), "recorded": recorded, "unchanged": len(good) - recorded, "failed": bad}
        if options["json"]:
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(f"recorded: {recorded}, unchanged: {told['unchanged']}, failed: {len(bad)}")
        for problem_row in bad:
            self.stdout.write("  line {line}, {column}: {code}".format(**problem_row))

    def _rows(self, path: Path) -> list[tuple[int, dict[str, str]]]:
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                if not set(COLUMNS) <= set(reader.fieldnames or ()):
                    raise CommandError(f"The file needs the columns {', '.join(COLUMNS)}.")
                return [(reader.line_num, row) for row in reader]
        except (OSError, UnicodeError) as problem:
            raise CommandError(f"The file cannot be read: {problem}") from problem


def _rate(row: dict[str, str]) -> Rate | str:
    """The rate of a row, or the name of the column that cannot be read."""
    try:
        on = dt.date.fromisoformat((row["on"] or "").strip())
    except ValueError:
        return "on"
    try:
        return Rate((row["currency"] or "").strip().upper(), on, Decimal((row["rate"] or "").strip()))
    except InvalidOperation:
        return "rate"
