"""Public ids: a prefix that names the table and 32 hex digits of the row's `public_id`.

They are names that open nothing; bigint keys never leave the house. Each model that has one sets `PUBLIC_PREFIX`.
"""

from __future__ import annotations

import re
import secrets
import uuid
from typing import ClassVar, Final, Protocol

_PUBLIC_ID = re.compile(r"(?P<prefix>[a-z]{3})_(?P<hex>[0-9a-f]{32})")


class Named(Protocol):
    PUBLIC_PREFIX: ClassVar[str]

    @property
    def public_id(self) -> uuid.UUID: ...


def encode(prefix: str, public_id: uuid.UUID) -> str:
    return f"{prefix}_{public_id.hex}"


def decode(prefix: str, text: str) -> uuid.UUID | None:
    """The uuid inside an id of this prefix, or `None` when the text is not one."""
    match = _PUBLIC_ID.fullmatch(text)
    if match is None or match["prefix"] != prefix:
        return None
    return uuid.UUID(hex=match["hex"])


def name_of(row: Named) -> str:
    """The public id of a row, such as `acc_6f0c...`."""
    return encode(row.PUBLIC_PREFIX, row.public_id)


_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def sortable_id(milliseconds: int) -> str:
    """26 characters in the form of a ULID: the moment in milliseconds since 1970, then 80 random bits."""
    number = (milliseconds << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -5, -5))
