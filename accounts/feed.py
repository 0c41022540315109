"""What the change feed tells of this floor, and how a source calls the rows. `crm-sync` section 9."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from accounts.models import Account, Contact, Opportunity
from accounts.permissions import (
    may_import,
    may_manage_webhooks,
    may_see_accounts,
    may_see_contacts,
    may_see_opportunities,
    may_see_person,
)
from clg.events.kinds import Kind, Ref, register_kind, register_ref

_NAMES: Final = (Path(__file__).parent / "feed_names.sql").read_text()
_HAPPENINGS: Final = ("created", "updated", "deleted", "restored", "merged", "resync_required")


def register_feed() -> None:
    """Called in `ready()`."""
    _register(Account, may_see_accounts)
    _register(Contact, may_see_contacts, "erased", told_to=may_see_person)
    _register(Opportunity, may_see_opportunities)
    register_kind(Kind("import_job", ("completed", "failed"), may_import, {"import_job": "imp"}, is_private=True))
    register_kind(
        Kind("webhook_endpoint", ("disabled",), may_manage_webhooks, {"webhook_endpoint": "whe"}, is_private=True)
    )


def _register(model: Any, may: Any, *more: str, told_to: Any = None) -> None:
    noun, prefix = model._meta.model_name, model.PUBLIC_PREFIX
    register_kind(Kind(noun, (*_HAPPENINGS, *more), may, {noun: prefix}))
    register_ref(Ref(noun, prefix, told_to or _everybody, _NAMES.format(noun=noun)))


def _everybody(reader: Any) -> bool:
    """Lists name accounts and deals by their ids to whoever reads the row that points to them."""
    return True
