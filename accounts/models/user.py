"""People of our own company."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now

from accounts.choices import Role
from accounts.querysets import ReferenceQuerySet, UserQuerySet
from clg.history import tracked, tracked_links
from clg.models import PublicModel


@tracked()
class Team(models.Model):
    """People who work the same deals; sales see their team's rows. Made and ended by administrators."""

    name = models.CharField(max_length=100, unique=True)
    superior = models.ForeignKey("accounts.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's creation hooks for a user whose name is an email address."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


@tracked(exclude=["password", "last_login"])
class User(PublicModel, AbstractBaseUser, PermissionsMixin):
    """One of our own people, by invitation of an administrator; disabled, never deleted, when they leave.

    Roles are Django groups (`accounts.choices.Role`); rights add up.
    """

    PUBLIC_PREFIX: ClassVar[str] = "usr"

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=150, blank=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="members")
    superior = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="reports"
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    is_staff = models.BooleanField("may open the admin", default=True)
    is_active = models.BooleanField("may sign in", default=True)
    joined_at = models.DateTimeField(db_default=Now(), editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="%(app_label)s_%(class)s_email_once",
                violation_error_message="Somebody with this email address exists already.",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email

    @property
    def roles(self) -> frozenset[Role]:
        """The user's roles, read once an instance."""
        if not hasattr(self, "_roles"):
            known = set(Role.values)
            self._roles = frozenset(Role(name) for name in self.groups.values_list("name", flat=True) if name in known)
        return self._roles

    def has_role(self, *roles: Role) -> bool:
        return self.is_superuser or not self.roles.isdisjoint(roles)


@tracked_links(app_label="accounts", model_name="UserRoleHistory")
class UserRole(User.groups.through):  # type: ignore[name-defined]
    """One role of one person, as its history sees it: given or taken."""

    class Meta:
        proxy = True

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id}"
