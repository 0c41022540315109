"""Fields by class: `security` sections 2.3 and 15.3.

Every serializer field, admin column, filter, ordering and search field has a class, and no role searches, orders or
reads a plain column of a class that it may not see. Whatever else is sent to a form changes nothing.
"""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.test import RequestFactory
from django.urls import get_resolver

from accounts import privacy
from accounts.choices import Role
from accounts.models import ApiClient, CrmSource, ImportPreset, Product, Team, User
from advocacy.models import BlackoutPeriod, Champion, EffortBudget, UseRule
from advocacy.privacy import CHAMPION
from clg.api.doors import ReadDoor
from clg.fieldpolicy import FieldClass, Mark, Policy, Sight, UndeclaredField, policy_of, sight_of
from tests.callers import sign_in
from tests.clg.admin.rows import MAKERS
from tests.security.routes import walked
from tests.security.world import make_person

COMPANY, PERSON = "company", "person"
YES, NO, OWN, STAGED = Sight.YES, Sight.NO, Sight.OWN, Sight.STAGED
# The table of 2.3, cell by cell.
TABLE = {
    COMPANY: {"administrator": YES, "marketer": YES, "csm": YES, "sales": YES, "leader": YES, "auditor": YES},
    PERSON: {"administrator": YES, "marketer": YES, "csm": OWN, "sales": STAGED, "leader": NO, "auditor": NO},
    "F2": {"administrator": YES, "marketer": YES, "csm": OWN, "sales": STAGED, "leader": NO, "auditor": NO},
    "F3": {"administrator": YES, "marketer": YES, "csm": OWN, "sales": OWN, "leader": YES, "auditor": YES},
    "F4": {"administrator": YES, "marketer": YES, "csm": OWN, "sales": OWN, "leader": NO, "auditor": NO},
    "F5": {"administrator": NO, "marketer": YES, "csm": NO, "sales": NO, "leader": NO, "auditor": YES, "legal": YES},
    "F6": {"administrator": YES, "marketer": YES, "csm": OWN, "sales": STAGED, "leader": YES, "auditor": YES},
    "F7": {},
}
POLICIES = {
    COMPANY: privacy.COMPANY,
    PERSON: privacy.PERSON,
    **{str(one): Policy(one, Mark.PERSONAL) for one in FieldClass if one.startswith("F") and one != "F1"},
}


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("row", TABLE)
def test_cell_of_the_table(row, role):
    assert sight_of(POLICIES[row], role) == TABLE[row].get(role, NO)


# --- Admin -------------------------------------------------------------------------------------------------------
SCREENS = [(model, screen) for model, screen in admin.site._registry.items() if model._meta.app_label != "clg"]
ROLES = ["administrator", "marketer", "sales", "csm", "leader", "auditor"]
# Lists whose rows are all of the accounts that a CSM cares for, so that what is their own is all that stands there.
PERSONAL = (FieldClass.IDENTITY, FieldClass.CONTACT_DETAILS, FieldClass.WORDS, FieldClass.EVIDENCE, FieldClass.SECRET)
OF_OWN_ROWS = ("champion", "contact")


def resolved(model, path):
    """The policy of the column behind a path, `None` for what the query computes: that is cut to the reader."""
    *way, last = path.lstrip("-=^@").replace(".", "__").split("__")
    for name in way:
        try:
            model = model._meta.get_field(name).related_model
        except FieldDoesNotExist:
            return None
    try:
        field = model._meta.get_field("id" if last == "pk" else last)
    except FieldDoesNotExist:
        return None
    if field.many_to_many or not field.concrete:
        return None
    try:
        return policy_of(model, field.name)
    except UndeclaredField:
        return None


def hidden_from(role, model, paths):
    """Paths to columns that the role may not see, or of some rows only where the list holds others too."""
    right = {YES, OWN} if model._meta.model_name in OF_OWN_ROWS else {YES}
    found = ((path, resolved(model, path)) for path in paths)
    personal = [(path, policy) for path, policy in found if policy and policy.field_class in PERSONAL]
    return [path for path, policy in personal if sight_of(policy, role) not in right]


def ordered_by(screen, request):
    for column in screen.get_list_display(request):
        attribute = getattr(screen, column, None)
        order = getattr(attribute, "admin_order_field", None) if attribute else column
        if order is not None:
            yield order if isinstance(order, str) else order.expression.name if hasattr(order, "expression") else "?"


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_no_list_is_searched_or_ordered_by_what_its_reader_may_not_see(role):
    request = RequestFactory().get("/admin/")
    request.user = make_person("Reader", Role(role))
    seen = [(model, screen) for model, screen in SCREENS if screen.has_view_permission(request)]

    searched = {model.__name__: hidden_from(role, model, screen.get_search_fields(request)) for model, screen in seen}
    ordered = {model.__name__: hidden_from(role, model, ordered_by(screen, request)) for model, screen in seen}

    assert {name: paths for name, paths in searched.items() if paths} == {}
    assert {name: paths for name, paths in ordered.items() if paths} == {}


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_no_list_shows_a_column_that_its_reader_may_not_see(role):
    request = RequestFactory().get("/admin/")
    request.user = make_person("Reader", Role(role))
    seen = [(model, screen) for model, screen in SCREENS if screen.has_view_permission(request)]

    columns = {model: [c for c in screen.get_list_display(request) if not hasattr(screen, c)] for model, screen in seen}
    shown = {model.__name__: hidden_from(role, model, names) for model, names in columns.items()}

    assert {name: columns for name, columns in shown.items() if columns} == {}


# --- API ---------------------------------------------------------------------------------------------------------
# Fields that no column bears: what they are made of, so their class.
MADE = {
    "external_id": privacy.KEY_OF_PERSON,
    "champion_id": CHAMPION,
    "name": privacy.PERSON,
    "amount": privacy.MONEY,
    "basis": privacy.MONEY,
    "reporting": privacy.MONEY,
    "lines": privacy.MONEY,
    "readiness": privacy.SCORE,
    **dict.fromkeys(("contacts", "contact"), privacy.KEY_OF_PERSON),
    **dict.fromkeys(
        ("model_version", "question", "opportunity_id", "opportunity_external_id", "outcome", "run_id", "flags", "id")
        + ("version", "progress", "totals", "given_rung", "rungs", "products", "current", "activity_id", "rung")
        + ("encounter_id", "activity_kind", "message_id", "type", "next_attempt_at", "object", "successful", "failed")
        + ("unprocessed", "size", "rows_per_second", "eta_seconds", "warnings", "failure"),
        Policy(),
    ),
}
DOORS = {
    view.cls
    for _, view in walked(get_resolver())
    if isinstance(getattr(view, "cls", None), type) and issubclass(view.cls, ReadDoor)
}


@pytest.mark.parametrize("door", sorted(DOORS, key=lambda door: door.__name__), ids=lambda door: door.__name__)
def test_every_field_and_filter_of_the_api_has_a_class(door):
    sources = {name: field.source or name for name, field in door.output().fields.items()}
    fields = {name: name if source == "*" else source for name, source in sources.items()}
    columns = [*fields.items(), *((name, each.before[0]) for name, each in _column_filters(door))]

    assert [name for name, path in columns if resolved(door.model, path) is None and name not in MADE] == []


def _column_filters(door):
    return [(name, each) for name, each in door.filters.base_filters.items() if getattr(each, "before", ())]


# --- Mass assignment ---------------------------------------------------------------------------------------------
FORMS = {
    CrmSource: (Role.ADMINISTRATOR, {"name": "Renamed"}),
    ApiClient: (Role.ADMINISTRATOR, {"name": "Renamed"}),
    Team: (Role.ADMINISTRATOR, {"name": "Renamed"}),
    User: (Role.ADMINISTRATOR, {"name": "Renamed"}),
    ImportPreset: (Role.MARKETER, {"description": "Renamed"}),
    Product: (Role.MARKETER, {"name": "Renamed"}),
    Champion: (Role.MARKETER, {"notice_days": "9"}),
    UseRule: (Role.MARKETER, {"rest_days": "9"}),
    BlackoutPeriod: (Role.MARKETER, {"reason": "Renamed"}),
    EffortBudget: (Role.MARKETER, {"reason": "Renamed"}),
}


def test_every_form_is_tried():
    edited = {model for model, screen in admin.site._registry.items() if screen.rights.edit.__name__ != "nobody"}

    assert edited == set(FORMS)


@pytest.mark.django_db
@pytest.mark.parametrize("model", FORMS, ids=lambda model: model.__name__)
def test_a_form_changes_nothing_but_its_fields(model):
    role, change = FORMS[model]
    row = MAKERS[model](1)
    browser = sign_in(make_person("Editor", role))
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{row.pk}/change/"
    form = browser.get(address).context["adminform"].form
    before = model._base_manager.values().get(pk=row.pk)

    beside = {name: value for name, value in everything(model).items() if name not in form.fields}
    answer = browser.post(address, {**beside, **sent(form), **change})

    after = model._base_manager.values().get(pk=row.pk)
    # The library keeps when a client was last changed; a trigger counts the versions of what integrators follow.
    moved = {name for name in before if before[name] != after[name]} - {"updated", "version"}
    assert answer.status_code == 302, answer.context and answer.context["errors"]
    assert moved == set(change)


def sent(form):
    """What the browser sends of the form as it was shown; empty and unticked fields are left out."""
    values = {name: form[name].value() for name in form.fields}
    return {
        name: "on" if value is True else value for name, value in values.items() if value not in (None, False, "", [])
    }


def everything(model):
    """A value for every column, as somebody sends who hopes that one slips through."""
    return {field.name: wished(field) for field in model._meta.concrete_fields if not field.primary_key}


def wished(field):
    kinds = {"BooleanField": "on", "DateTimeField": "2030-01-01T00:00:00Z", "JSONField": '{"a": 1}'}
    return kinds.get(field.get_internal_type(), "1")
