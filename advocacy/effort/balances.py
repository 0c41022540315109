"""How every statement begins that goes on from budgets and minutes: `balances.sql`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from advocacy.choices import EFFORT_WINDOW_DAYS


@cache
def balances() -> str:
    """Common table expressions up to `balances`; the caller adds its own and the SELECT."""
    return (Path(__file__).parent / "balances.sql").read_text()


def common_parameters(champion_ids: Collection[int], at: dt.datetime) -> dict[str, Any]:
    return {
        "ids": list(champion_ids),
        "at": at,
        "day": at.astimezone(dt.UTC).date(),
        "window": EFFORT_WINDOW_DAYS,
    }
