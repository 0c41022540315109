"""Write the OpenAPI documents under docs/api/, or check that they are those of the code."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from drf_spectacular.drainage import GENERATOR_STATS

from clg.api.documents import VERSIONS, document_text
from clg.commands import AuditedCommand


class Command(AuditedCommand):
    help = "Write docs/api/openapi-3.1.json and openapi-3.0.json; a warning fails. --check writes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when a file is not that of the code")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / "docs" / "api"
        for name, version in VERSIONS.items():
            text = schema_text(version)
            path = folder / name
            if not options["check"]:
                path.write_text(text)
            elif not path.exists() or path.read_text() != text:
                raise CommandError(f"docs/api/{name} is not that of the code: run `manage.py write_schema`.")
            self.stdout.write(f"{name}: {len(json.loads(text)['paths'])} paths, no warnings")


def schema_text(version: str) -> str:
    """One document. Raises `CommandError` on any warning of the generator."""
    document_text.cache_clear()
    GENERATOR_STATS.reset()
    text = document_text(version)
    if GENERATOR_STATS:
        GENERATOR_STATS.emit_summary()
        raise CommandError("The generator has warnings.")
    return text
