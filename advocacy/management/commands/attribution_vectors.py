"""Run a file of attribution vectors through the allocators: exit 0 when they agree, 1 on any difference."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from advocacy.attribution.vectors import Outcome, run_vectors
from clg.commands import AuditedCommand

FORM = "attribution-vectors/1"


class Command(AuditedCommand):
    help = "Compare the attribution allocators with a file of examples, exactly."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--data", type=Path, help="folder of the outside files that some vectors name")
        parser.add_argument("--engine", choices=["sql", "python", "both"], default="both")
        parser.add_argument("--json", action="store_true", help="print one object")

    def handle(self, *, file: Path, data: Path | None, engine: str, json: bool, **_options: object) -> None:
        engines = ["python", "sql"] if engine == "both" else [engine]
        outcomes = run_vectors(_vectors(file), engines=engines, data=data)
        self.stdout.write(_as_object(outcomes) if json else _as_text(outcomes))
        if any(outcome.differences for outcome in outcomes):
            raise CommandError("The allocators differ from the vectors.", returncode=1)


def _vectors(file: Path) -> Sequence[Any]:
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"Cannot read {file}: {error}", returncode=2) from error
    if not isinstance(content, dict) or content.get("schema") != FORM:
        raise CommandError(f"{file} is not of the form {FORM}.", returncode=2)
    return content["vectors"]


def _as_text(outcomes: Sequence[Outcome]) -> str:
    lines = [line for outcome in outcomes for line in _lines(outcome)]
    counts = _counts(outcomes)
    lines.append(
        f"{counts['passed']} passed, {counts['failed']} failed,"
        f" {counts['skipped']} skipped, {counts['not_built']} not built"
    )
    missing = sorted({outcome.not_built for outcome in outcomes if outcome.not_built})
    return "\n".join([*lines, *([f"not built: {', '.join(missing)}"] if missing else [])])


def _lines(outcome: Outcome) -> list[str]:
    about = f"{outcome.vector} {outcome.engine:<6} {_verdict(outcome):<10} {outcome.title}"
    return [about, *(f"    {difference}" for difference in outcome.differences)]


def _verdict(outcome: Outcome) -> str:
    if outcome.not_built:
        return "not built"
    if outcome.skipped:
        return "skipped"
    return "ok" if outcome.passed else "DIFFERS"


def _counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    return {
        "passed": sum(outcome.passed for outcome in outcomes),
        "failed": sum(bool(outcome.differences) for outcome in outcomes),
        "skipped": sum(bool(outcome.skipped) for outcome in outcomes),
        "not_built": sum(bool(outcome.not_built) for outcome in outcomes),
    }


def _as_object(outcomes: Sequence[Outcome]) -> str:
    rows = [
        {
            "vector": outcome.vector,
            "kind": outcome.kind,
            "engine": outcome.engine,
            "verdict": _verdict(outcome).lower(),
            "differences": list(outcome.differences),
            "not_built": outcome.not_built,
            "skipped": outcome.skipped,
        }
        for outcome in outcomes
    ]
    return json.dumps({**_counts(outcomes), "vectors": rows})
