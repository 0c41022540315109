"""Secrets at rest: Fernet with the ring FIELD_KEYS, newest key first; old ones still open what they closed."""

from __future__ import annotations

from functools import cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def encrypt(plain: bytes) -> bytes:
    return _ring(tuple(settings.FIELD_KEYS)).encrypt(plain)


def decrypt(closed: bytes) -> bytes:
    """Raises `cryptography.fernet.InvalidToken` when no key of the ring opens it."""
    return _ring(tuple(settings.FIELD_KEYS)).decrypt(closed)


def decrypt_with_newest(closed: bytes) -> bytes:
    """Raises `cryptography.fernet.InvalidToken` when an older key closed it, or none of ours."""
    return _ring(tuple(settings.FIELD_KEYS[:1])).decrypt(closed)


def rotate(closed: bytes) -> bytes:
    """The same secret, closed with the newest key."""
    return _ring(tuple(settings.FIELD_KEYS)).rotate(closed)


@cache
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
