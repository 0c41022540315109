"""How a write runs: one transaction with short waits, tried again when others were in its way. `crm-sync` section 1.

A request with an `Idempotency-Key` has one effect and one answer, in the same transaction (`clg/api/idempotency.py`).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from clg.api.errors import TooManyParallel
from clg.api.idempotency import UNREAD, answer_once
from clg.failpoints import failpoint, register

register("idempotency_after_commit")

TRIES: Final = 3
# Serialisation failure, deadlock, lock not granted: the same statements may go through a moment later.
RETRIED_SQLSTATES: Final = frozenset(["40001", "40P01", "55P03"])
LONGEST_PAUSE_SECONDS: Final = 0.1
# Three waits for a lock and the work stay below the 10 s that an Apex callout waits by default.
_SHORT_WAITS: Final = "SELECT set_config('lock_timeout', '2s', true), set_config('statement_timeout', '8s', true)"
# And the first of four places that is free; CASE asks them in order and stops. Released with the transaction.
_PLACE: Final = f"""{_SHORT_WAITS},
       CASE WHEN pg_try_advisory_xact_lock(hashtextextended(%(who)s, 1)) THEN 1
            WHEN pg_try_advisory_xact_lock(hashtextextended(%(who)s, 2)) THEN 2
            WHEN pg_try_advisory_xact_lock(hashtextextended(%(who)s, 3)) THEN 3
            WHEN pg_try_advisory_xact_lock(hashtextextended(%(who)s, 4)) THEN 4 END
"""


def write(
    request: Request,
    *,
    principal: str,
    handle: Callable[[], Response],
    key_required: bool = False,
    is_bulk: bool = False,
    body: Any = UNREAD,
) -> Response | HttpResponse:
    """The answer of `handle`, run in one transaction; `principal` is `client:7` or `user:3`.

    `body` is what tells one request from another under the same key, where that is not the parsed body itself.

    Raises what `answer_once` raises, `TooManyParallel` for a fifth bulk call at once, and after three tries the
    `OperationalError` that the API answers with 503 `busy`. `handle` may run more than once.
    """
    answer = _tried(lambda: _write_once(request, principal, handle, key_required, is_bulk, body))
    # Of every write: whether it came with a key makes no difference here.
    failpoint("idempotency_after_commit")
    return answer


def _tried(once: Callable[[], Response | HttpResponse]) -> Response | HttpResponse:
    for again in range(TRIES - 1):
        try:
            return once()
        except OperationalError as error:
            if sqlstate_of(error) not in RETRIED_SQLSTATES:
                raise
        # Jitter, so that those who met once do not meet again.
        time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS) * (again + 1))  # noqa: S311 - nothing secret
    return once()


@transaction.atomic
def _write_once(
    request: Request, principal: str, handle: Callable[[], Response], key_required: bool, is_bulk: bool, body: Any
) -> Response | HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(_PLACE if is_bulk else _SHORT_WAITS, {"who": f"bulk {principal}"})
        if cursor.fetchone()[-1] is None:
            raise TooManyParallel
    return answer_once(request, principal=principal, required=key_required, handle=handle, body=body)


def sqlstate_of(error: OperationalError) -> str:
    """PostgreSQL's five characters, empty when the server said nothing."""
    return getattr(error.__cause__, "sqlstate", None) or ""
