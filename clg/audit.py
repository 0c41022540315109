"""The audit context of pghistory, made fit for every statement we send."""

from __future__ import annotations

import re
from typing import Any, Final

from pghistory import runtime
from psycopg.sql import Composable

# A statement without effect of its own that pghistory does not pass over, as it does reads.
CARRIER = "SET LOCAL pghistory.carrier = ''"
# These change no tracked row, and some of them PostgreSQL takes only alone: CREATE INDEX CONCURRENTLY, VACUUM.
_SCHEMA_WORK: Final = re.compile(r"\s*(CREATE|ALTER|DROP|COMMENT|GRANT|REVOKE|VACUUM|ANALYZE|REINDEX)\b", re.IGNORECASE)
_inject_into_one = runtime._inject_history_context


def mend_context() -> None:
    """Have pghistory's context ride with statements that it would break.

    pghistory puts a statement of its own with two parameters in front of each of ours. That fails where the parameters
    are a list of rows (`executemany`), and where there are none: a literal % in the SQL becomes a placeholder; and it
    cannot read a statement that psycopg composed. The
    context is local to the transaction, so a statement just before `executemany` carries it as well.
    """
    runtime._inject_history_context = _inject


def _inject(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    if isinstance(sql, Composable):
        sql = sql.as_string(context["cursor"].connection)
    if isinstance(sql, str) and _SCHEMA_WORK.match(sql):
        return execute(sql, params, many, context)
    if many:
        context["cursor"].execute(CARRIER)
        return execute(sql, params, many, context)
    if params is None and isinstance(sql, str) and runtime._can_inject_variable(context["cursor"], sql):
        sql = sql.replace("%", "%%")
    return _inject_into_one(execute, sql, params, many, context)
