"""May this person do this on the advocacy floor. `security` section 2.2; rows are cut by `visible_to` besides."""

from __future__ import annotations

from typing import Any

from accounts.choices import Role

_READERS = (Role.ADMINISTRATOR, Role.MARKETER, Role.CSM, Role.LEADER, Role.AUDITOR)


def sees_everything(user: Any) -> bool:
    """Roles whose sight has no row limit."""
    return _has(user, Role.ADMINISTRATOR, Role.MARKETER, Role.LEADER, Role.AUDITOR)


def may_view_pool(user: Any) -> bool:
    """The pool of champions; sales see them only inside a request, without names."""
    return _has(user, *_READERS)


def may_view_people(user: Any) -> bool:
    """Names, words and contact details of champions: leaders and auditors see companies, not persons."""
    return _has(user, Role.ADMINISTRATOR, Role.MARKETER, Role.CSM)


def may_run_pool(user: Any) -> bool:
    """Move standings and edit preferences."""
    return _has(user, Role.MARKETER)


def may_view_attribution(user: Any) -> bool:
    """Activities, touches, credit, runs and models, within the rows of one's sight."""
    return _has(user, *_READERS, Role.SALES)


def may_run_attribution(user: Any) -> bool:
    """Name a touch, withdraw an act, change models."""
    return _has(user, Role.MARKETER)


def may_view_weights(user: Any) -> bool:
    return _has(user, Role.ADMINISTRATOR, Role.MARKETER, Role.LEADER, Role.AUDITOR)


def _has(user: Any, *roles: Role) -> bool:
    return bool(user.is_active and user.has_role(*roles))
