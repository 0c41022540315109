"""Looking at the processes of one folder of services."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from clg.embedded.places import Places


def running_in(folder: Path, word: str = "") -> list[psutil.Process]:
    """The live processes that belong to `folder`: named in their command, or at home in its data.

    With a `word` the programs of that name: a child that a server has just forked bears its parent's command until it
    has a title of its own, and is no second server. An orphan counts.
    """
    places = Places.of(folder)
    marks = {str(places.folder), str(places.socket_root), os.path.realpath(places.data)}
    found = [process for process in psutil.process_iter() if _belongs(process, marks, word)]
    born_here = {process.pid for process in found} if word else set()
    return [process for process in found if _parent_of(process) not in born_here]


def _parent_of(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return None


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
