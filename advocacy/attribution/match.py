"""Match: which deals did an encounter meet, and how surely. Writes touches, and nothing but differences.

The ladder, strongest first: the encounter names the deal; its contact has a role on it; its contact belongs to
the deal's account; the buyer's account is the deal's (no contact's account known); a domain is the account's; the
buyer's account is an ancestor or a descendant of the deal's. An encounter that names a deal touches only that
one; any other touches every deal at the strongest rung it reaches and none at a weaker one, among deals not
deleted and opened at most 730 days after it and not closed before it.

Side: `own` when the champion's company is the deal's, `family` when both have one top parent, else `peer`.
A pure function of stored rows, run by PostgreSQL for many encounters at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from advocacy.choices import Cause
from clg.session_tables import has_rows, make


def create_tables(cursor: Any) -> None:
    """Make the temporary tables of the matcher where the session does not have them, and empty them."""
    make(cursor, "match_changed", _sql("match_tables.sql"))
    cursor.execute(EMPTY_TABLES)


EMPTY_TABLES = """
    DELETE FROM match_encounter; DELETE FROM match_buyer; DELETE FROM match_reached; DELETE FROM match_touched;
    DELETE FROM match_changed
"""


def match(cursor: Any) -> None:
    """Bring the touches of every encounter in `match_encounter` up to date.

    Afterwards `match_changed` holds each (encounter, deal) whose touch was written or ended, `match_touched` each
    deal these encounters touch now. Rows of encounters that change are locked in the order of their ids.
    """
    if has_rows(cursor, "match_encounter"):
        cursor.execute(_sql("match.sql"), {"free_mail": sorted(settings.FREE_MAIL_DOMAINS)})


def match_now(encounter_ids: Iterable[int], *, cause: Cause) -> None:
    """Match these encounters inside the caller's transaction and mark the deals that moved."""
    ids = list(encounter_ids)
    with connection.cursor() as cursor:
        create_tables(cursor)
        cursor.execute(GIVEN_ENCOUNTERS, [ids])
        match(cursor)
        cursor.execute(MARK_MOVED, [cause])


GIVEN_ENCOUNTERS = "INSERT INTO match_encounter SELECT DISTINCT unnest(%s::bigint[])"
MARK_MOVED = """
    INSERT INTO advocacy_attributiondirty (opportunity_id, cause)
    SELECT DISTINCT opportunity_id, %s FROM match_changed ORDER BY 1
"""


@cache
def _sql(name: str) -> str:
    return (Path(__file__).parent / name).read_text()
