"""What production demands of its environment, said for all variables at once and without any value."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

SECRET_BYTES: Final = 32
# Secrets of the repository begin so; whoever copied one has none.
_OURS: Final = ("local-only", "bG9jYWwtb25seS")
_MUST_BE_OFF: Final = ("DEBUG", "CLG_ALLOW_LOOPBACK_TARGETS", "CLG_DEMO_USERS")
_RINGS: Final = ("TOKEN_PEPPERS", "FIELD_KEYS")


def problems_in(environ: Mapping[str, str]) -> list[str]:
    """One sentence a problem, in a fixed order; empty when production may start."""
    return [
        *_secret_problems(environ),
        *_service_problems(environ),
        *_address_problems(environ),
        *_path_problems(environ),
        *_switch_problems(environ),
    ]


def _secret_problems(environ: Mapping[str, str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in ("SECRET_KEY", *_RINGS):
        secrets = _ring(environ.get(name, "")) if name in _RINGS else [environ.get(name, "")]
        if not any(secrets):
            yield f"{name} is missing."
        elif any(not _is_strong(name, secret) for secret in secrets):
            yield f"{name} is weak: {_form(name)}, not one of the repository."
        elif seen & set(secrets) or len(set(secrets)) < len(secrets):
            yield f"{name} repeats a secret: each must be its own."
        seen |= set(secrets)


def _ring(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _is_strong(name: str, secret: str) -> bool:
    """At least 32 bytes with variety; a field key is exactly 32 in URL-safe base64, as Fernet wants it."""
    if secret.startswith(_OURS) or len(set(secret)) < 12:
        return False
    if name != "FIELD_KEYS":
        return len(secret.encode()) >= SECRET_BYTES
    try:
        return len(base64.urlsafe_b64decode(secret)) == SECRET_BYTES
    except (ValueError, binascii.Error):
        return False


def _form(name: str) -> str:
    if name == "FIELD_KEYS":
        return "32 random bytes each in URL-safe base64"
    return f"at least {SECRET_BYTES} random bytes" + (" each" if name in _RINGS else "")


def _service_problems(environ: Mapping[str, str]) -> Iterator[str]:
    if not environ.get("DATABASE_URL"):
        yield "DATABASE_URL is missing."
    elif not environ["DATABASE_URL"].startswith(("postgres://", "postgresql://")):
        yield "DATABASE_URL must name PostgreSQL."
    if not environ.get("CELERY_BROKER_URL"):
        yield "CELERY_BROKER_URL is missing."
    elif environ["CELERY_BROKER_URL"].startswith(("memory://", "redis+socket:///tmp/clg-")):
        yield "CELERY_BROKER_URL names the embedded broker; name your own."
    if not environ.get("EMAIL_URL"):
        yield "EMAIL_URL is missing."


def _address_problems(environ: Mapping[str, str]) -> Iterator[str]:
    if not environ.get("PUBLIC_URL", "").startswith("https://"):
        yield "PUBLIC_URL is missing or not https."
    hosts = _ring(environ.get("ALLOWED_HOSTS", ""))
    if not hosts or "*" in hosts:
        yield "ALLOWED_HOSTS is missing or holds *."
    if not environ.get("TRUSTED_PROXY_COUNT", "").isdecimal():
        yield "TRUSTED_PROXY_COUNT is missing: say how many proxies stand before us, 0 for none."


def _path_problems(environ: Mapping[str, str]) -> Iterator[str]:
    path = environ.get("ERASURE_LOG_PATH", "")
    if not path or not _is_writable(Path(path)):
        yield "ERASURE_LOG_PATH is missing or cannot be written."


def _is_writable(path: Path) -> bool:
    return os.access(path if path.exists() else path.parent, os.W_OK)


def _switch_problems(environ: Mapping[str, str]) -> Iterator[str]:
    for name in _MUST_BE_OFF:
        if environ.get(name, "").lower() not in ("", "0", "false", "off", "no"):
            yield f"{name} must be off."
    if environ.get("CLG_FAILPOINTS"):
        yield "CLG_FAILPOINTS must be off."
    if environ.get("CLICK_WRITE", "") == "memory":
        yield "CLICK_WRITE must not be memory."
    if environ.get("MFA_REQUIRED_ROLES") == "":
        yield "MFA_REQUIRED_ROLES must not be empty."
