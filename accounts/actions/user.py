"""Inviting our own people, changing their roles, ending what they hold. Users are never deleted: history names them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model

from accounts.choices import Role
from accounts.models import Account, Opportunity, Team, User
from clg.errors import Conflict, InvalidInput
from clg.security_log import log_security


@transaction.atomic
def create_user(
    *, email: str, roles: Iterable[str], by: str, name: str = "", team: str = "", password: str | None = None
) -> User:
    """A person with roles, and in a team that is made when it is new.

    Accounts and deals whose CRM owner has this address become theirs. Without a password they sign in by reset.
    Raises `InvalidInput` for an address or role that is none, `Conflict` for an address in use.
    """
    wanted = sorted(set(roles))
    _check(email, wanted)
    if User.objects.addressed([email]).exists():
        raise Conflict("Somebody with this email address exists already.", code="user_exists")
    member_of = Team.objects.get_or_create(name=team)[0] if team else None
    user = User.objects.create_user(email, password, name=name, team=member_of)
    user.groups.set(Group.objects.filter(name__in=wanted))
    _own(user)
    _log("user.created", by, user, roles=wanted)
    return user


def _check(email: str, roles: list[str]) -> None:
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInput("Enter an email address.", code="invalid_email") from None
    unknown = [role for role in roles if role not in Role.values]
    if unknown:
        raise InvalidInput(f"No such role: {', '.join(unknown)}. Roles: {', '.join(Role.values)}.", code="unknown_role")


def _own(user: User) -> None:
    """The CRM named this address before the person was here."""
    for model, column in ((Account, "owner"), (Account, "csm"), (Opportunity, "owner")):
        unlinked = model._default_manager.filter(**{f"{column}_email__iexact": user.email, f"{column}__isnull": True})
        unlinked.update(**{column: user})


@transaction.atomic
def disable_user(*, user: User, by: str) -> bool:
    """End every session and OAuth grant and block the next sign-in; whether the user was active until now."""
    changed = bool(User.objects.filter(pk=user.pk, is_active=True).update(is_active=False))
    end_sessions(user)
    for grants in (get_grant_model(), get_access_token_model(), get_refresh_token_model()):
        grants.objects.filter(user=user).delete()
    if changed:
        _log("user.disabled", by, user)
    return changed


@transaction.atomic
def change_roles(*, user: User, roles: Iterable[str], by: str) -> bool:
    """Give a person exactly these roles; whether that changed anything. Their sessions end.

    Raises `InvalidInput` for a role that is none, `Conflict` when `by` is that person: rights are given to others.
    """
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    wanted, held = set(roles), set(user.groups.values_list("name", flat=True))
    if wanted == held:
        return False
    if by == f"user:{user.pk}":
        raise Conflict("Your own roles are changed by another administrator.", code="own_roles")
    _check(user.email, sorted(wanted))
    user.groups.set(Group.objects.filter(name__in=wanted))
    end_sessions(user)
    _log("user.roles_changed", by, user, given=sorted(wanted - held), taken=sorted(held - wanted))
    return True


def end_sessions(user: User, *, keep: str | None = "") -> int:
    """End the person's sessions but the one with the key `keep`, and say how many."""
    ended = 0
    for session in Session.objects.exclude(session_key=keep or "").iterator():
        if str(session.get_decoded().get("_auth_user_id")) == str(user.pk):
            session.delete()
            ended += 1
    return ended


def _log(event: str, by: str, user: User, **data: Any) -> None:
    log_security(event, actor=by, object_type="user", object_id=f"user:{user.pk}", data=data)
