"""Tokens of signed links: made by `secrets`, kept as an HMAC, bound to their purpose. `security` section 4.

The HMAC is keyed with a pepper of the ring TOKEN_PEPPERS: the newest makes, older ones still verify. The id of the
pepper is stored beside the HMAC, so that a look-up knows which one to use and a rotation can be followed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from django.conf import settings

TOKEN_BYTES: Final = 32


@dataclass(frozen=True)
class Sealed:
    """What the database keeps of a token."""

    pepper_id: str
    digest: bytes


def make_token() -> str:
    """256 random bits for an address; shown once, stored nowhere."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def seal(purpose: str, token: str) -> Sealed:
    """What to store of a new token."""
    return _sealed(settings.TOKEN_PEPPERS[0], purpose, token)


def seals(purpose: str, token: str) -> list[Sealed]:
    """What a token may be stored as, newest pepper first: look these up."""
    return [_sealed(pepper, purpose, token) for pepper in settings.TOKEN_PEPPERS]


def verify(purpose: str, token: str, stored: Sealed) -> bool:
    """Whether the stored seal is of this token and purpose; compared in constant time."""
    return any(
        hmac.compare_digest(each.digest, stored.digest)
        for each in seals(purpose, token)
        if each.pepper_id == stored.pepper_id
    )


def _sealed(pepper: str, purpose: str, token: str) -> Sealed:
    # The length keeps ("ab", "c") and ("a", "bc") apart.
    message = f"{len(purpose)}:{purpose}:{token}".encode()
    pepper_id = hashlib.sha256(b"pepper:" + pepper.encode()).hexdigest()[:8]
    return Sealed(pepper_id, hmac.digest(pepper.encode(), message, "sha256"))
