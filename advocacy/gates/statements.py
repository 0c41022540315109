"""The statements of this package: `balances.sql` with what goes on from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from advocacy.choices import EFFORT_WINDOW_DAYS


@cache
def following_balances(name: str) -> str:
    """`balances.sql` and the file that follows it, as one statement."""
    folder = Path(__file__).parent
    return (folder / "balances.sql").read_text() + (folder / name).read_text()


def common_parameters(champion_ids: Collection[int], at: dt.datetime) -> dict[str, Any]:
    return {
        "ids": list(champion_ids),
        "at": at,
        "day": at.astimezone(dt.UTC).date(),
        "window": EFFORT_WINDOW_DAYS,
    }
