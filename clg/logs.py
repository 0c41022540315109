"""Logs: one JSON object a line on stdout, keys from an allow-list, texts scrubbed. `security` section 11.2.

No bodies, query strings or paths with tokens ever get here; what does not stand in `ALLOWED_KEYS` is dropped and
counted. Local variables of a traceback are never written.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Final, cast

import structlog

ALLOWED_KEYS: Final = frozenset(
    [
        "event",
        "level",
        "at",
        "logger",
        "request_id",
        "client_request_id",
        "route",
        "method",
        "status",
        "ms",
        "user_id",
        "client_id",
        "object_type",
        "object_id",
        "task",
        "counts",
        "code",
        "error",
    ]
)
_SCRUB: Final = (
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "<email>"),
    (re.compile(r"(?i)bearer\s+\S+"), "<bearer>"),
    (re.compile(r"(?i)\b(token|secret|password|key)(\s*[=:]\s*)\S+"), r"\1\2<secret>"),
    (re.compile(r"\b[A-Za-z0-9_-]{32,}\b"), "<token>"),
    (re.compile(r"\b\d(?:[ -]?\d){7,}\b"), "<digits>"),
)
Event = MutableMapping[str, Any]


def current_request_id() -> str:
    """The id of the request being answered, empty outside one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def scrub(text: str) -> str:
    """The text without addresses, tokens, passwords and long numbers."""
    for pattern, word in _SCRUB:
        text = pattern.sub(word, text)
    return text


def keep_allowed(logger: object, name: str, event: Event) -> Event:
    """structlog processor: drop every key that is not on the list, and say how many went."""
    kept = {key: value for key, value in event.items() if key in ALLOWED_KEYS}
    if len(kept) < len(event):
        kept["dropped"] = len(event) - len(kept)
    return kept


def scrub_texts(logger: object, name: str, event: Event) -> Event:
    """structlog processor: scrub what came in as words."""
    for key in ("event", "error"):
        if key in event:
            event[key] = scrub(str(event[key]))
    return event


def say_exception(logger: object, name: str, event: Event) -> Event:
    """structlog processor: an exception becomes its class, text and places, without values."""
    info = event.pop("exc_info", None)
    if info:
        error = info if isinstance(info, BaseException) else (info if isinstance(info, tuple) else sys.exc_info())[1]
        if error is not None:
            places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-5:]]
            event["error"] = f"{type(error).__name__}: {error} at {' < '.join(reversed(places))}"
    return event


def without_stdlib_extras(logger: object, name: str, event: Event) -> Event:
    """structlog processor: the record's own bookkeeping is not news."""
    for key in ("_record", "_from_structlog", "stack_info", "positional_args"):
        event.pop(key, None)
    return event


_SHARED: Final[list[Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
]

structlog.configure(
    processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)


def logging_config(level: str = "INFO") -> dict[str, Any]:
    """Django's LOGGING: everything to stdout through the same processors."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    without_stdlib_extras,
                    say_exception,
                    keep_allowed,
                    scrub_texts,
                    structlog.processors.JSONRenderer(default=str),
                ],
            }
        },
        "handlers": {
            "stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"},
        },
        "root": {"handlers": ["stdout"], "level": level},
        "loggers": {
            # Our own line tells of each request; Django's would repeat the path.
            "django.request": {"level": "CRITICAL"},
            "django.server": {"level": "WARNING", "handlers": ["stdout"], "propagate": False},
            "oauth2_provider": {"level": "ERROR"},
            "oauthlib": {"level": "ERROR"},
        },
    }


@contextmanager
def logs_aside() -> Iterator[None]:
    """Log to stderr meanwhile: the stdout of a command is its answer, which another program may read as JSON."""
    moved = [each for each in logging.getLogger().handlers if getattr(each, "stream", None) is sys.stdout]
    for handler in moved:
        cast("logging.StreamHandler[Any]", handler).setStream(sys.stderr)
    try:
        yield
    finally:
        for handler in moved:
            cast("logging.StreamHandler[Any]", handler).setStream(sys.stdout)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
