"""Guards that PostgreSQL holds for us, whoever writes."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

import pgtrigger
from django.db import models


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


def counts_versions() -> pgtrigger.Trigger:
    """A trigger that raises `version` by one with every effective change, whoever writes."""
    return pgtrigger.Trigger(
        name="counts_versions",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(),
        func="NEW.version := OLD.version + 1; RETURN NEW;",
    )


def versioned() -> pgtrigger.Trigger:
    """A trigger that lets a row change once: its `superseded_at` is set, and it is history."""
    return pgtrigger.Trigger(
        name="versioned",
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func="IF TG_OP = 'DELETE' OR OLD.superseded_at IS NOT NULL"
        " OR to_jsonb(NEW) - 'superseded_at' <> to_jsonb(OLD) - 'superseded_at' THEN"
        " RAISE EXCEPTION '% refused: a row of % is superseded once and never changed', TG_OP, TG_TABLE_NAME"
        " USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW;",
    )


def known(field: str, words: Iterable[str | int], *, or_empty: bool = False) -> models.CheckConstraint:
    """A check that `field` holds one of `words`, or nothing; named `..._<field>_known`.

    Every column with choices has one: bulk writes, COPY and triggers pass over what forms validate.
    """
    plain = [word.value if isinstance(word, Enum) else word for word in words]
    return models.CheckConstraint(
        condition=models.Q((f"{field}__in", ["", *plain] if or_empty else plain)),
        name=f"%(app_label)s_%(class)s_{field}_known",
    )


def each_known(field: str, words: Iterable[str]) -> models.CheckConstraint:
    """A check that an array column holds nothing but `words`; named `..._<field>_known`."""
    plain = [word.value if isinstance(word, Enum) else word for word in words]
    return models.CheckConstraint(
        condition=models.Q((f"{field}__contained_by", plain)), name=f"%(app_label)s_%(class)s_{field}_known"
    )


def ledger(*keys: str) -> list[pgtrigger.Trigger]:
    """Triggers of an append-only table whose rows follow a merge: it moves the named key columns, and nothing else.

    Only a merge opens them, for its own transaction (`clg.moves_keys`). The model names the same keys in `CHANGEABLE`.
    """
    columns = ", ".join(f"'{key}'" for key in keys)
    refused = (
        "RAISE EXCEPTION '% refused: table % is append-only', TG_OP, TG_TABLE_NAME"
        " USING ERRCODE = 'restrict_violation';"
    )
    moved = (
        "IF current_setting('clg.moves_keys', true) = 'on'"
        f" AND to_jsonb(NEW) - ARRAY[{columns}] = to_jsonb(OLD) - ARRAY[{columns}] THEN RETURN NEW; END IF; "
    )
    return [
        pgtrigger.Trigger(name="only_keys", when=pgtrigger.Before, operation=pgtrigger.Update, func=moved + refused),
        pgtrigger.Trigger(
            name="no_delete",
            when=pgtrigger.Before,
            level=pgtrigger.Statement,
            operation=pgtrigger.Delete | pgtrigger.Truncate,
            func=refused,
        ),
    ]
