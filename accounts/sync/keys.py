"""Moving every pointer of a merge: all foreign keys to a loser, on all floors, found in the metadata of the models.

Each key is declared `move`, `keep` or with a resolver (`accounts/hooks.py`); tables of history keep what they told.
Rows that point to a loser are found by the index of their key. A manifest has one entry a key that moved anything:
`{"accounts.Contact.account": {"<loser>": [keys of rows]}}`; a resolver's may say more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pghistory.models
from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey, Model

from accounts.hooks import MergeResolver, Moved, Pairs, merge_way_of, register_merge_keys, register_merge_resolver
from accounts.models import SyncedModel
from accounts.sync.objects import SyncObject
from clg.events.outbox import Event, emit_all

_FOLDER: Final = Path(__file__).parent / "sql"


class UndeclaredKey(RuntimeError):
    """A foreign key to a row that may be merged, of which nobody said what becomes of it."""


def keys_to(model: type[Model]) -> Iterator[tuple[str, ForeignKey[Any, Any]]]:
    """(name, field) of every foreign key to a model, but those of history."""
    for holder in apps.get_models(include_auto_created=True):
        if holder._meta.proxy or issubclass(holder, pghistory.models.Event):
            continue
        for field in holder._meta.local_fields:
            if isinstance(field, ForeignKey) and field.related_model is model:
                yield f"{holder._meta.label}.{field.name}", field


def move_keys(of: SyncObject, pairs: Pairs, at: dt.datetime) -> Moved:
    """Move every key from losers to their winners; the manifest. Raises `UndeclaredKey`."""
    moved = {}
    with _append_only_tables_open():
        for name, field in keys_to(of.model):
            way = merge_way_of(name)
            if way is None:
                raise UndeclaredKey(name)
            if way != "keep":
                moved[name] = way.take(pairs, at) if isinstance(way, MergeResolver) else move_key(field, pairs)
    return {name: found for name, found in moved.items() if found}


def move_keys_back(of: SyncObject, pairs: Pairs, moved: Moved, at: dt.datetime) -> Moved:
    """Give every row that still points to its winner back to the loser; what stayed, as in a manifest."""
    kept = {}
    with _append_only_tables_open():
        for name, field in keys_to(of.model):
            way = merge_way_of(name)
            if name in moved:
                back = way.give_back(pairs, moved[name], at) if isinstance(way, MergeResolver) else None
                kept[name] = move_key_back(field, pairs, moved[name]) if back is None else back
    return {name: found for name, found in kept.items() if found}


class _append_only_tables_open:
    """Inside, the triggers of append-only tables let a key move, and nothing else."""

    def __enter__(self) -> None:
        self._set("on")

    def __exit__(self, problem: type[BaseException] | None, *rest: object) -> None:
        if problem is None:
            self._set("off")

    def _set(self, value: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('clg.moves_keys', %s, true)", [value])


def counts_of(manifest: dict[str, Any]) -> dict[str, int]:
    """How many rows of each kind a manifest moved, by the plural of the kind: `{"contacts": 3}`."""
    counts: dict[str, int] = {}
    for name, found in manifest.items():
        noun = _plural_of(name)
        counts[noun] = counts.get(noun, 0) + sum(len(rows) for rows in found.values() if isinstance(rows, list))
    return counts


def hanging_on(of: SyncObject, keys: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many rows of each kind would follow each of some rows in a merge: one statement, by the index of every key.

    The words are those of `counts_of`; rows on which nothing hangs are left out.
    """
    fields = [(name, field) for name, field in keys_to(of.model) if merge_way_of(name) != "keep"]
    parts = [
        f"SELECT '{name}', {field.column}, count(*) FROM {field.model._meta.db_table}"  # noqa: S608 - names are ours
        f" WHERE {field.column} = ANY (%(keys)s) GROUP BY {field.column}"
        for name, field in fields
    ]
    found: dict[int, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), {"keys": list(keys)})
        for name, key, number in cursor.fetchall():
            kinds = found.setdefault(key, {})
            kinds[_plural_of(name)] = kinds.get(_plural_of(name), 0) + number
    return found


def _plural_of(key: str) -> str:
    """`contacts` of `accounts.Contact.account`."""
    return str(apps.get_model(key.rpartition(".")[0])._meta.verbose_name_plural).replace(" ", "_")


# --- One key -------------------------------------------------------------------------------------------------
def move_key(field: ForeignKey[Any, Any], pairs: Pairs) -> Moved:
    """Move one key by one statement: loser -> keys of the rows that moved."""
    moved = _moved(_statement("move_key", field), [list(pairs), list(pairs.values())])
    _tell(field, moved)
    return moved


def move_key_back(field: ForeignKey[Any, Any], pairs: Pairs, moved: Moved) -> Moved:
    """The reverse: loser -> keys of the rows that no longer point to the winner, and stay."""
    rows = [(int(loser), row) for loser, found in moved.items() for row in found]
    losers, keys = [loser for loser, _ in rows], [row for _, row in rows]
    back = _moved(_statement("move_key_back", field), [losers, [pairs[loser] for loser in losers], keys])
    _tell(field, back)
    stayed = {loser: sorted(set(found) - set(back.get(loser, []))) for loser, found in moved.items()}
    return {loser: found for loser, found in stayed.items() if found}


def _tell(field: ForeignKey[Any, Any], moved: Moved) -> None:
    """Each row with a version has a new one now, and its event: which pointer moved."""
    keys = [key for found in moved.values() for key in found]
    if not keys or not issubclass(field.model, SyncedModel):
        return
    rows = field.model._default_manager.filter(pk__in=keys).order_by("pk").values_list("public_id", "version")
    noun = str(field.model._meta.model_name)
    emit_all(Event(f"{noun}.updated", noun, name, version, [field.name], {noun: name}) for name, version in rows)


def _moved(text: str, parameters: list[Any]) -> Moved:
    with connection.cursor() as cursor:
        cursor.execute(text, parameters)
        return {str(loser): found for loser, found in cursor.fetchall()}


def _statement(name: str, field: ForeignKey[Any, Any]) -> str:
    """`sql/<name>.sql` for a key. A row that CRMs write gets a new version: what it answers has changed."""
    is_versioned = issubclass(field.model, SyncedModel)
    words = {"table": field.model._meta.db_table, "key": field.column}
    text = (_FOLDER / f"{name}.sql").read_text()
    return text.format(**words, version=", version = t.version + 1" if is_versioned else "")


# --- Keys of this floor --------------------------------------------------------------------------------------
def declare_keys() -> None:
    """What becomes of the keys of this floor. What a loser says of itself stays with it: its roles and its stages."""
    register_merge_keys("accounts.Contact", move=["account", "successor"])
    register_merge_keys("accounts.Opportunity", move=["account"])
    register_merge_keys("accounts.Signal", move=["account", "contact"])
    register_merge_keys("accounts.OpportunityContact", keep=["opportunity"])
    register_merge_keys("accounts.OpportunityStage", keep=["opportunity"])
    # Names have states and clocks of their own: `merging.py`.
    register_merge_keys("accounts.ExternalIdentity", keep=["account", "contact", "opportunity"])
    register_merge_resolver("accounts.Account", "parent", MergeResolver(_take_children, _give_children_back))
    register_merge_resolver("accounts.OpportunityContact", "contact", MergeResolver(_take_roles, _give_roles_back))


def _field(label: str, name: str) -> ForeignKey[Any, Any]:
    field = apps.get_model(label)._meta.get_field(name)
    assert isinstance(field, ForeignKey)  # noqa: S101 - named in this module
    return field


def _take_children(pairs: Pairs, at: dt.datetime) -> Moved:
    """Subsidiaries follow; a winner below its loser is cut loose first, or the parents would form a circle."""
    cut = _moved((_FOLDER / "cut_parent.sql").read_text(), [list(set(pairs.values())), list(pairs)])
    moved = move_key(_field("accounts.Account", "parent"), pairs)
    return {**moved, "cut": cut} if cut else moved


def _give_children_back(pairs: Pairs, moved: Moved, at: dt.datetime) -> Moved:
    children = {loser: found for loser, found in moved.items() if loser != "cut"}
    kept = move_key_back(_field("accounts.Account", "parent"), pairs, children)
    for parent, winners in moved.get("cut", {}).items():
        _run("tie_parent", {"parent": int(parent), "winners": winners})
    return kept


def _take_roles(pairs: Pairs, at: dt.datetime) -> Moved:
    """One role a deal: of several that become one person's, the first name's in byte order stays, as in a batch."""
    dropped = _moved((_FOLDER / "drop_roles.sql").read_text(), [list(pairs), list(pairs.values())])
    moved = move_key(_field("accounts.OpportunityContact", "contact"), pairs)
    return {**moved, "dropped": dropped} if dropped else moved


def _give_roles_back(pairs: Pairs, moved: Moved, at: dt.datetime) -> Moved:
    """Roles go back; the dropped ones return as their history tells them, where their place is free."""
    roles = {loser: found for loser, found in moved.items() if loser != "dropped"}
    kept = move_key_back(_field("accounts.OpportunityContact", "contact"), pairs, roles)
    _run("return_roles", {"roles": [role for found in moved.get("dropped", {}).values() for role in found]})
    return kept


def _run(name: str, parameters: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute((_FOLDER / f"{name}.sql").read_text(), parameters)
