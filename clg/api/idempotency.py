"""Keyed requests: the same key and the same request have one effect and one answer. `crm-sync` section 7.

One transaction holds all: the advisory lock of (principal, key), the look-up, the handler, the stored answer. A kill
leaves all or nothing. Stored are 2xx, 207, and 409 and 422 of the domain; never 401, 403, 429 or 5xx.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from clg.api.errors import (
    IdempotencyInFlight,
    IdempotencyKeyReused,
    InvalidIdempotencyKey,
    MissingIdempotencyKey,
)
from clg.api.problems import body_of, content_type_for, problem_of, status_of
from clg.api.renderers import FastJSONRenderer
from clg.crypto import decrypt, encrypt
from clg.errors import DomainError
from clg.failpoints import failpoint, register
from clg.models import IdempotencyKey

register("idempotency_before_handler", "idempotency_before_store")

KEPT: Final = dt.timedelta(days=7)
_FORM: Final = re.compile(r'"?([A-Za-z0-9_-]{1,255})"?')
# The body is closed; what it tells of must be found again when a person is erased.
_PUBLIC_ID: Final = re.compile(r"\b[a-z]{3}_[0-9a-f]{32}\b")
_STORED_REFUSALS: Final = (409, 422)


# The parsed body of the request tells it from others.
UNREAD: Final = object()


def answer_once(
    request: Request, *, principal: str, required: bool, handle: Callable[[], Response], body: Any = UNREAD
) -> Response | HttpResponse:
    """The handler's answer, or the stored one of the same request.

    Raises `MissingIdempotencyKey` (when required), `InvalidIdempotencyKey`, `IdempotencyInFlight` while the first
    request runs, `IdempotencyKeyReused` when the key came with another request before.
    """
    key = _key_of(request, required=required)
    if key is None:
        return handle()
    return _answer_keyed(request, principal, key, handle, request.data if body is UNREAD else body)


@transaction.atomic
def _answer_keyed(
    request: Request, principal: str, key: str, handle: Callable[[], Response], body: Any
) -> HttpResponse:
    _lock(principal, key)
    fingerprint = fingerprint_of(request.method or "", request.path, body)
    stored = IdempotencyKey.objects.filter(principal=principal, key=key).first()
    if stored is not None and stored.expires_at > timezone.now():
        if bytes(stored.fingerprint) != fingerprint:
            raise IdempotencyKeyReused
        return _replayed(stored)
    failpoint("idempotency_before_handler")
    answer = _answered(request, handle)
    failpoint("idempotency_before_store")
    _store(principal, key, fingerprint, answer)
    return answer


def _key_of(request: Request, *, required: bool) -> str | None:
    header = request.headers.get("Idempotency-Key")
    if header is None:
        if required:
            raise MissingIdempotencyKey
        return None
    match = _FORM.fullmatch(header)
    if match is None:
        raise InvalidIdempotencyKey
    return match[1]


def _lock(principal: str, key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"{principal} {key}"])
        if not cursor.fetchone()[0]:
            raise IdempotencyInFlight


def fingerprint_of(method: str, path: str, body: Any) -> bytes:
    """SHA-256 of method, path and canonical JSON: key order and spaces do not matter, everything else does."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(f"{method} {path} {canonical}".encode()).digest()


def _answered(request: Request, handle: Callable[[], Response]) -> HttpResponse:
    """The handler's answer as bytes. A refusal of the domain undoes what the handler did, and is an answer too."""
    try:
        with transaction.atomic():
            response = handle()
    except DomainError as error:
        if status_of(type(error)) not in _STORED_REFUSALS:
            raise
        problem = problem_of(error)
        assert problem is not None  # noqa: S101 - every domain error is one
        return _as_bytes(body_of(problem, request), problem.status, problem.headers, content_type_for(request))
    return _as_bytes(response.data, response.status_code, dict(response.items()), "application/json")


def _as_bytes(data: Any, status: int, headers: Mapping[str, str], content_type: str) -> HttpResponse:
    body = FastJSONRenderer().render(data)
    return HttpResponse(body, status=status, headers={**headers, "Content-Type": content_type})


def _store(principal: str, key: str, fingerprint: bytes, answer: HttpResponse) -> None:
    IdempotencyKey.objects.update_or_create(
        principal=principal,
        key=key,
        defaults={
            "fingerprint": fingerprint,
            "status": answer.status_code,
            "headers": dict(answer.items()),
            "body": encrypt(answer.content),
            "refs": sorted(set(_PUBLIC_ID.findall(answer.content.decode()))),
            "expires_at": timezone.now() + KEPT,
        },
    )


def _replayed(stored: IdempotencyKey) -> HttpResponse:
    headers = {**stored.headers, "Idempotency-Replayed": "true"}
    return HttpResponse(decrypt(bytes(stored.body)), status=stored.status, headers=headers)
