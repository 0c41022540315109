"""The file locks that starters, users and the supervisor meet at; the kernel drops them on any death."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from .errors import EmbeddedError
from .places import Places


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    descriptor = lock(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def lock(path: Path, kind: int) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError as error:
        raise EmbeddedError(
            f"{path.parent} belongs to another user: work as that user, remove the folder, "
            "or set DATABASE_URL and CELERY_BROKER_URL."
        ) from error
    fcntl.flock(descriptor, kind)
    return descriptor


def supervisor_is_alive(places: Places) -> bool:
    descriptor = os.open(places.supervisor_lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
