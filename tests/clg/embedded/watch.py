"""Looking at the processes of one folder of services."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from clg.embedded.places import Places


def running_in(folder: Path, word: str = "") -> list[psutil.Process]:
    """The live processes that belong to `folder`: named in their command, or at home in its data."""
    places = Places.of(folder)
    marks = {str(places.folder), str(places.socket_root), os.path.realpath(places.data)}
    return [found for found in psutil.process_iter() if _belongs(found, marks, word)]


def _belongs(process: psutil.Process, marks: set[str], word: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        command = " ".join(process.cmdline())
        text = f"{command} {process.cwd()}"
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return False
    return word in command and "owner.py" not in command and any(mark in text for mark in marks)


def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
