"""People of our own company, their teams, and the log of what touches rights. Rights-giving: administrators only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import ManyToManyField, QuerySet
from django.forms import ModelForm, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.actions.invitation import invite_user
from accounts.actions.user import change_roles, disable_user
from accounts.choices import Role
from accounts.models import Team, User
from accounts.permissions import may_manage_users, may_see_history, may_see_security_log, may_see_users
from clg.admin import Act, ProductAdmin, QuestionFilter, ReadOnlyAdmin, Rights, Rows, cells
from clg.admin.history import register_history_reader
from clg.api.doors import actor_of
from clg.errors import DomainError
from clg.models import SecurityLog

OF_RIGHTS = ("groups", "is_active", "is_staff")


class RoleFilter(QuestionFilter):
    title = "In which role?"
    parameter_name = "role"
    answers = dict(Role.choices)

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.with_role(Role(answer))


class ActiveFilter(QuestionFilter):
    title = "May they sign in?"
    parameter_name = "is_active"
    answers: ClassVar[dict[str, str]] = {"1": "Yes", "0": "No, disabled"}


class RolesField(ModelMultipleChoiceField):
    """Roles as boxes to tick, in the words of the glossary; rights of several add up."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def __init__(self, queryset: QuerySet[Group]) -> None:
        super().__init__(queryset, required=False, label="Roles", help_text="Rights of several roles add up.")

    def label_from_instance(self, obj: Group) -> str:
        return str(Role(obj.name).label)


INVITE = Act(
    name="invite",
    label="Send invitation",
    sentence="A mail with a link to set a password goes to their address. It works once, for seven days; links mailed "
    "before end.",
    done="The invitation is on its way.",
    run=lambda row, answers, reader, at: invite_user(user=row, by=actor_of(reader), at=at),
    applies=lambda row, reader: row.is_active and not row.has_usable_password(),
    may=may_manage_users,
    tone="primary",
)


@admin.register(User)
class UserAdmin(ProductAdmin[User]):
    gives_rights = True
    rights = Rights(see=may_see_users, edit=may_manage_users, add=may_manage_users)
    acts = (INVITE,)
    empty_title = "Nobody yet"
    empty_text = "Invite the people who run the pool, sell, and look after customers."

    list_display = ("person", "roles", "team", "superior", "is_active", "signed_in")
    list_display_links = ("person",)
    list_select_related = ("team", "superior")
    list_filter = (RoleFilter, ActiveFilter)
    search_fields = ("name", "email")
    search_help_text = "Name or address"
    ordering = ("name", "email")
    autocomplete_fields = ("team", "superior")
    fieldsets = (
        ("Person", {"fields": (("name", "email"), ("team", "superior"), "time_zone")}),
        ("Rights", {"fields": (OF_RIGHTS[0], OF_RIGHTS[1:])}),
    )

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Rights are given to others: nobody changes their own (`docs/adr/0012`)."""
        own = OF_RIGHTS if obj is not None and obj == request.user else ()
        return (*super().get_readonly_fields(request, obj), *own)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> RolesField | ModelMultipleChoiceField | None:
        if db_field.name != "groups":
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        return RolesField(Group.objects.filter(name__in=Role.values).order_by("id"))

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        """A new person gets no password here; they set one by the link of the invitation."""
        if not change:
            obj.set_unusable_password()
        elif "is_active" in form.changed_data and not obj.is_active:
            disable_user(user=obj, by=actor_of(request.user))
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Roles change by their action: history, security log and sessions follow."""
        if "groups" in form.cleaned_data:
            roles = [group.name for group in form.cleaned_data["groups"]]
            change_roles(user=form.instance, roles=roles, by=actor_of(request.user))

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """Whom an administrator adds is invited at once; the person stays when the mail fails."""
        try:
            invite_user(user=obj, by=actor_of(request.user), at=timezone.now())
        except DomainError as error:
            messages.warning(request, f"Not invited: {error.message}")
        else:
            messages.success(request, f"An invitation is on its way to {obj.email}.")
        return super().response_add(request, obj, post_url_continue)

    @display(description="Person", ordering="name", header=True)
    def person(self, row: User) -> list[str]:
        return [str(row), row.email if row.name else "", cells.initials(str(row))]

    @display(description="Roles")
    def roles(self, row: User) -> str:
        labels = dict(Role.choices)
        return ", ".join(str(labels.get(group.name, group.name)) for group in row.groups.all())

    @display(description="Last seen", ordering="last_login")
    def signed_in(self, row: User) -> SafeString:
        return cells.near(row.last_login, self.now())


register_history_reader(may_see_history)


@admin.register(Team)
class TeamAdmin(ProductAdmin[Team]):
    gives_rights = True
    rights = Rights(see=may_see_users, edit=may_manage_users, add=may_manage_users)
    empty_title = "No team yet"
    empty_text = "Sellers see the deals of their team."

    list_display = ("name", "superior")
    list_select_related = ("superior",)
    search_fields = ("name",)
    search_help_text = "Name"
    ordering = ("name",)
    autocomplete_fields = ("superior",)


@admin.register(SecurityLog)
class SecurityLogAdmin(ReadOnlyAdmin[SecurityLog]):
    """The ground floor knows no roles, so its log is shown from here."""

    rights = Rights(see=may_see_security_log)
    empty_title = "Nothing logged yet"
    empty_text = "Logins, refusals, changes of rights and of secrets stand here, for auditors."

    list_display = ("moment", "event", "actor_code", "object_name", "result_tag", "request_id")
    list_display_links = ("moment",)
    search_fields = ("=event", "=actor", "=request_id")
    search_help_text = "Whole event, actor (user:3) or request id"
    ordering = ("-at", "-id")
    fields = ("at", "event", "actor", ("object_type", "object_id"), ("result", "request_id"), "data")

    def in_sight(self, reader: Any) -> QuerySet[SecurityLog]:
        rows = SecurityLog.objects.all()
        return rows if may_see_security_log(reader) else rows.none()

    @display(description="When", ordering="at")
    def moment(self, row: SecurityLog) -> SafeString:
        return cells.near(row.at, self.now())

    @display(description="Who", ordering="actor")
    def actor_code(self, row: SecurityLog) -> SafeString:
        return cells.code(row.actor)

    @display(description="What it was about")
    def object_name(self, row: SecurityLog) -> str:
        return f"{row.object_type} {row.object_id}".strip()

    @display(description="Result", ordering="result")
    def result_tag(self, row: SecurityLog) -> SafeString:
        return cells.tag(row.result, "good" if row.result == "ok" else "warn")
