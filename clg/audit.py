"""The audit context of pghistory, made fit for every statement we send."""

from __future__ import annotations

from typing import Any

from pghistory import runtime

# A statement without effect of its own that pghistory does not pass over, as it does reads.
CARRIER = "SET LOCAL pghistory.carrier = ''"
_inject_into_one = runtime._inject_history_context


def let_executemany_pass() -> None:
    """Have pghistory's context ride before an `executemany`, not inside it.

    pghistory puts two more parameters at the front of every statement's. With `executemany` the parameters are a list
    of rows, so the statement fails: `query parameters should be a sequence or a mapping, got str`. The context is
    local to the transaction, so a statement just before carries it as well.
    """
    runtime._inject_history_context = _inject


def _inject(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    if not many:
        return _inject_into_one(execute, sql, params, many, context)
    context["cursor"].execute(CARRIER)
    return execute(sql, params, many, context)
