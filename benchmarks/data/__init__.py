"""Rows for the benchmarks, made inside PostgreSQL: the same scale gives the same rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from benchmarks.tables import execute, without_triggers

TABLES = ("accounts_account", "accounts_contact", "accounts_opportunity", "advocacy_champion", "advocacy_activity",
          "advocacy_encounter", "advocacy_touch", "advocacy_opportunityfact", "accounts_signal")  # fmt: skip


@dataclass(frozen=True)
class Sizes:
    """How many rows of each; `of` scales what `performance.md` measures at 1."""

    at: dt.datetime
    accounts: int
    contacts: int
    champions: int
    deals: int = 0
    touches: int = 0
    signals: int = 0

    @classmethod
    def of_attribution(cls, scale: float, at: dt.datetime) -> Sizes:
        deals = int(100_000 * scale)
        return cls(at, deals // 4, deals // 4, max(1, deals // 10), deals=deals, touches=4 * deals)

    @classmethod
    def of_readiness(cls, scale: float, at: dt.datetime) -> Sizes:
        champions = int(100_000 * scale)
        return cls(at, champions // 5, champions, champions, signals=20 * champions)


def fill(sizes: Sizes) -> None:
    """Write the rows in one go, then bring the statistics up to date."""
    parts = ["customers", *(["deals"] if sizes.deals else []), *(["signals"] if sizes.signals else [])]
    execute(_sql("functions"))
    with without_triggers():
        for part in parts:
            execute(_sql(part), dict(sizes.__dict__))
    connection.ensure_connection()
    for table in TABLES:
        execute(f"VACUUM (ANALYZE, FREEZE) {table}")


def _sql(name: str) -> str:
    return (Path(__file__).parent / f"{name}.sql").read_text()
