"""The private storage of uploads: random names in a folder that no address leads to. `security` section 8."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from django.conf import settings

from clg.errors import InvalidInput

MOST_BYTES: Final = 500 * 1024 * 1024
_BLOCK: Final = 1 << 20
_OWNER_ONLY: Final = 0o700


class Readable(Protocol):
    """What an upload comes from: a request, a form's file, a file on disk."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Stored:
    """A file in the storage."""

    name: str
    sha256: str
    size: int


class FileTooLarge(InvalidInput):
    """The file is over 500 MiB; send it in parts."""

    code = "file_too_large"


def path_of(name: str) -> Path:
    return _folder() / name


def store(stream: Readable) -> Stored:
    """Write a stream to a file of a new name. Raises `FileTooLarge`; nothing is kept then."""
    name = secrets.token_hex(20)
    path = path_of(name)
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as file:
            for block in _blocks(stream):
                size += len(block)
                if size > MOST_BYTES:
                    raise FileTooLarge("The file is over 500 MiB; send it in parts.")
                digest.update(block)
                file.write(block)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Stored(name, digest.hexdigest(), size)


def forget(name: str) -> None:
    """Delete a file; one that is gone already is no error."""
    if name:
        path_of(name).unlink(missing_ok=True)


def names() -> list[str]:
    """Every file there is."""
    return sorted(path.name for path in _folder().iterdir())


def names_before(at: dt.datetime) -> list[str]:
    """Files that were written before a moment."""
    return sorted(path.name for path in _folder().iterdir() if path.stat().st_mtime < at.timestamp())


def _blocks(stream: Readable) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block


def _folder() -> Path:
    folder = Path(settings.MEDIA_ROOT) / "imports"
    folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    return folder
