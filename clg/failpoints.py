"""Named places where a test may stop, delay or kill the process. Nothing happens unless CLG_FAILPOINTS says so.

Form: `name=kill@3;other=sleep:2;third=raise;fourth=pause:/path` - act on the n-th pass (the first by default):
kill sends SIGKILL to this process, sleep waits seconds, raise raises `FailpointReached`, pause waits for a file.
Production refuses to start with the setting. `security` section 14.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from functools import cache
from pathlib import Path

from django.conf import settings

NAMES: set[str] = set()
_passes: Counter[str] = Counter()


class FailpointReached(RuntimeError):
    """Raised by a failpoint with the act `raise`."""


def register(*names: str) -> None:
    """Name the failpoints of a module, where they are used."""
    NAMES.update(names)


def failpoint(name: str) -> None:
    """Act if this pass of `name` was asked for."""
    wanted = _wanted(settings.CLG_FAILPOINTS).get(name)
    if wanted is None:
        return
    act, nth = wanted
    _passes[name] += 1
    if nth in (0, _passes[name]):
        _act(act, name)


@cache
def _wanted(text: str) -> dict[str, tuple[str, int]]:
    parts = [part.partition("=") for part in text.split(";") if part]
    return {name: _parse(act) for name, _, act in parts}


def _parse(text: str) -> tuple[str, int]:
    act, _, nth = text.partition("@")
    return act, int(nth) if nth else 1


def _act(act: str, name: str) -> None:
    verb, _, argument = act.partition(":")
    if verb == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif verb == "sleep":
        time.sleep(float(argument))
    elif verb == "pause":
        while not Path(argument).exists():
            time.sleep(0.02)
    else:
        raise FailpointReached(name)
