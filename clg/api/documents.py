"""The OpenAPI documents: made from the doors, once a process, and served to everybody who may call at all."""

from __future__ import annotations

import json
from functools import cache
from threading import Lock
from typing import Any, ClassVar, Final

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from drf_spectacular.validation import validate_schema
from rest_framework.request import Request

from clg.api.doors import Door
from clg.permissions import ALLOWED, Verdict

VERSIONS: Final = {"openapi-3.1.json": "3.1.0", "openapi-3.0.json": "3.0.3"}
# The generator's settings belong to the whole process, so one document is made at a time.
_ONE_AT_A_TIME: Final = Lock()


@cache
def document_text(version: str) -> str:
    """One document as it is stored and served. Seconds of work the first time."""
    with _ONE_AT_A_TIME, patched_settings({"OAS_VERSION": version}):
        schema = SchemaGenerator().get_schema(request=None, public=True)
        validate_schema(schema)
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"


def _may_call(principal: Any) -> Verdict:
    return ALLOWED


class Document(Door):
    """One of the documents; it does not describe itself."""

    schema = None
    version: ClassVar[str] = ""

    may = _may_call

    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(document_text(self.version), content_type="application/json")


class Document31(Document):
    version = VERSIONS["openapi-3.1.json"]


class Document30(Document):
    """For tools that read only 3.0."""

    version = VERSIONS["openapi-3.0.json"]
