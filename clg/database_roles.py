"""What the database roles of an installation may do. `security` section 9, `docs/database-roles.md`.

The *owner* of the tables migrates and nothing else. The *application* can neither change nor remove a row of a ledger,
of a history or of the security log, whatever it sets: only an owner can switch the guards of a table off. A *reader*
reads all but secrets. The roles themselves are made by whoever runs PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.db import connection
from psycopg import sql

from clg.fieldpolicy import FieldClass, UndeclaredField, fields_in

# Written by migrations alone; nobody's rights hang on what the application could write there.
OF_MIGRATIONS: Final = (
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
)
# Sessions, tokens and second factors are no reader's business, nor are answers kept for repeated requests.
PRIVATE_APPS: Final = ("account", "admin", "mfa", "oauth2_provider", "sessions", "usersessions")
PRIVATE_TABLES: Final = ("clg_idempotencykey", "clg_ratebucket")
# The context of a change may grow while its own request runs; the guard in the table sees to the rest.
_OF_LIBRARIES: Final = {"pghistory_context": ("metadata", "updated_at")}
# PostgreSQL 17 and later let a role that is no owner ANALYZE; older ones skip the statement with a warning.
MAINTAIN_FROM: Final = 170_000


@dataclass(frozen=True)
class Rights:
    """Of the application on one table. `updated` are the columns that it may change; None: whole rows, and deletes."""

    table: str
    updated: tuple[str, ...] | None = None
    is_read_only: bool = False
    readable: tuple[str, ...] | None = None

    def for_app(self) -> sql.Composable:
        if self.is_read_only:
            return sql.SQL("SELECT")
        if self.updated is None:
            return sql.SQL("SELECT, INSERT, UPDATE, DELETE")
        update = sql.SQL(", UPDATE ({})").format(_names(self.updated)) if self.updated else sql.SQL("")
        return sql.SQL("SELECT, INSERT") + update

    def for_reader(self) -> sql.Composable | None:
        """None: nothing."""
        if self.readable is None:
            return sql.SQL("SELECT")
        return sql.SQL("SELECT ({})").format(_names(self.readable)) if self.readable else None


def rights() -> list[Rights]:
    """Every table there is, with what the application and a reader may do with it, by name."""
    models = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    return [_rights_on(table, models.get(table)) for table in sorted(connection.introspection.table_names())]


def _rights_on(table: str, model: Any) -> Rights:
    return Rights(table, _changeable(table, model), table in OF_MIGRATIONS, _readable(table, model))


def _changeable(table: str, model: Any) -> tuple[str, ...] | None:
    if table in _OF_LIBRARIES:
        return _OF_LIBRARIES[table]
    if model is None:
        return None
    if any(trigger.name == "append_only" for trigger in getattr(model._meta, "triggers", ())):
        return ()
    names = getattr(model, "CHANGEABLE", None)
    return None if names is None else tuple(model._meta.get_field(name).column for name in names)


def _readable(table: str, model: Any) -> tuple[str, ...] | None:
    if table in PRIVATE_TABLES or (model and model._meta.app_label in PRIVATE_APPS):
        return ()
    try:
        secrets = set(fields_in(model, FieldClass.SECRET)) if model else set()
    except UndeclaredField:
        secrets = set()
    if not secrets:
        return None
    return tuple(field.column for field in model._meta.concrete_fields if field.name not in secrets)


def statements(*, app: str, reader: str = "") -> Iterator[sql.Composable]:
    """What the owner has to run after each migration: rights are taken first, so those of a former release go."""
    yield _on_database("REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC")
    yield sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    yield from _for_role(app, "SELECT, USAGE", [(row.table, row.for_app()) for row in rights()])
    yield _on_database("GRANT TEMPORARY ON DATABASE {database} TO {role}", app)
    if connection.cursor().connection.info.server_version >= MAINTAIN_FROM:
        for table in _analyzed():
            yield sql.SQL("GRANT MAINTAIN ON {} TO {}").format(sql.Identifier(table), sql.Identifier(app))
    if reader:
        yield from _for_role(reader, "SELECT", [(row.table, row.for_reader()) for row in rights()])


def _for_role(
    role: str, on_sequences: str, granted: Sequence[tuple[str, sql.Composable | None]]
) -> Iterator[sql.Composable]:
    name = sql.Identifier(role)
    yield _on_database("GRANT CONNECT ON DATABASE {database} TO {role}", role)
    yield sql.SQL("REVOKE ALL ON SCHEMA public FROM {}").format(name)
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name)
    yield sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(name)
    yield sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {}").format(name)
    yield sql.SQL("GRANT {} ON ALL SEQUENCES IN SCHEMA public TO {}").format(sql.SQL(on_sequences), name)
    for table, verbs in granted:
        if verbs is not None:
            yield sql.SQL("GRANT {} ON {} TO {}").format(verbs, sql.Identifier(table), name)


def _analyzed() -> list[str]:
    """Where batches wait: UNLOGGED tables, whose statistics each batch makes anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            " AND relpersistence = 'u' ORDER BY 1"
        )
        return [table for (table,) in cursor.fetchall()]


def _on_database(statement: str, role: str = "") -> sql.Composed:
    database = sql.Identifier(str(connection.settings_dict["NAME"]))
    return sql.SQL(statement).format(database=database, role=sql.Identifier(role))


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
