"""Guards that PostgreSQL holds for us, whoever writes."""

from __future__ import annotations

import pgtrigger


def append_only() -> pgtrigger.Trigger:
    """A trigger that refuses UPDATE, DELETE and TRUNCATE of the table for every role."""
    return pgtrigger.Trigger(
        name="append_only",
        when=pgtrigger.Before,
        level=pgtrigger.Statement,
        operation=pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
        func="RAISE EXCEPTION '% refused: table % is append-only', TG_OP, TG_TABLE_NAME"
        " USING ERRCODE = 'restrict_violation';",
    )
