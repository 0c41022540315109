"""Rate limits: an atomic token bucket in PostgreSQL, so that N parallel calls get exactly the allowed number.

One statement in its own transaction before the request's own, so that a rollback refunds nothing. Keys are keyed
hashes. `crm-sync` section 1, `security` section 5.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import connection

from clg.api.errors import RateLimited

# No row comes back when the bucket holds less than the cost, nor when even a full one would: then none is made either.
# Primary key clg_ratebucket_pkey.
_TAKE: Final = """
INSERT INTO clg_ratebucket AS b (key, tokens, refilled_at)
SELECT %(key)s, %(cap)s::float8 - %(cost)s, clock_timestamp() WHERE %(cap)s >= %(cost)s
ON CONFLICT (key) DO UPDATE SET
    tokens = least(%(cap)s, b.tokens + extract(epoch FROM clock_timestamp() - b.refilled_at) * %(rate)s) - %(cost)s,
    refilled_at = clock_timestamp()
WHERE least(%(cap)s, b.tokens + extract(epoch FROM clock_timestamp() - b.refilled_at) * %(rate)s) >= %(cost)s
RETURNING tokens
"""
_LEFT: Final = """
SELECT least(%(cap)s, tokens + extract(epoch FROM clock_timestamp() - refilled_at) * %(rate)s)
FROM clg_ratebucket WHERE key = %(key)s
"""


# What a refused or forgiven try gives back; never more than a full bucket.
_GIVE_BACK: Final = "UPDATE clg_ratebucket SET tokens = least(%s, tokens + 1) WHERE key = %s"


@dataclass(frozen=True)
class Limit:
    """`quota` calls in `seconds`, at most `burst` at once."""

    name: str
    quota: int
    burst: int
    seconds: int = 60

    @property
    def per_second(self) -> float:
        return self.quota / self.seconds


@dataclass(frozen=True)
class Allowance:
    """What is left of a limit after a call."""

    limit: Limit
    remaining: int
    full_in_seconds: int

    def headers(self) -> dict[str, str]:
        name, quota = self.limit.name, self.limit.quota
        return {
            "RateLimit-Policy": f'"{name}";q={quota};w={self.limit.seconds}',
            "RateLimit": f'"{name}";r={self.remaining};t={self.full_in_seconds}',
        }


def limit_named(name: str) -> Limit:
    quota, burst = settings.API_RATES[name]
    return Limit(name, quota, burst)


def take(limit: Limit, subject: str, cost: int = 1) -> Allowance:
    """Take `cost` tokens of a subject (`client:7`). Raises `RateLimited` with the numbers in the body."""
    values: dict[str, str | int | float] = {
        "key": bucket_key(limit.name, subject),
        "cap": limit.burst,
        "rate": limit.per_second,
        "cost": cost,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        row = cursor.fetchone()
    if row is None:
        raise _refusal(limit, _held(limit, subject), cost)
    return _allowance(limit, row[0])


def left(limit: Limit, subject: str) -> Allowance:
    """What is left of a limit, without taking any of it."""
    return _allowance(limit, _held(limit, subject))


def _held(limit: Limit, subject: str) -> float:
    """The tokens in a bucket now; one that nobody has used is full."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, {"key": bucket_key(limit.name, subject), "cap": limit.burst, "rate": limit.per_second})
        row = cursor.fetchone()
    return limit.burst if row is None else float(row[0])


def give_back(limit: Limit, subject: str) -> None:
    """One token returned, for what turned out not to count (a good login is no failure)."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [limit.burst, bucket_key(limit.name, subject)])


def take_each(wanted: Sequence[tuple[Limit, str]]) -> None:
    """One token of every bucket, or of none: a refusal gives back what the buckets before it gave."""
    taken: list[tuple[Limit, str]] = []
    try:
        for limit, subject in wanted:
            take(limit, subject)
            taken.append((limit, subject))
    except RateLimited:
        give_back_each(taken)
        raise


def give_back_each(taken: Iterable[tuple[Limit, str]]) -> None:
    for limit, subject in taken:
        give_back(limit, subject)


def bucket_key(name: str, subject: str) -> str:
    digest = hmac.new(settings.SECRET_KEY.encode(), f"bucket:{subject}".encode(), hashlib.sha256).hexdigest()
    return f"{name}:{digest[:40]}"


def _allowance(limit: Limit, tokens: float) -> Allowance:
    return Allowance(limit, max(0, math.floor(tokens)), math.ceil((limit.burst - tokens) / limit.per_second))


def _refusal(limit: Limit, tokens: float, cost: int) -> RateLimited:
    wait = max(1, math.ceil((cost - tokens) / limit.per_second))
    allowance = _allowance(limit, tokens)
    return RateLimited(
        f"Over {limit.quota} {limit.name} calls {_said(limit.seconds)}; wait {wait} s.",
        headers={**allowance.headers(), "Retry-After": str(wait)},
        data={"limit": limit.quota, "remaining": allowance.remaining, "retry_after_seconds": wait},
    )


def _said(seconds: int) -> str:
    return {60: "a minute", 3600: "an hour", 86400: "a day"}.get(seconds, f"in {seconds} s")
