"""The screen of our own people: rights change with a fresh login, in the security log, and end sessions."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import Group

from accounts.actions.user import change_roles
from clg.errors import Conflict
from clg.models import SecurityLog

pytestmark = pytest.mark.django_db


def form_of(user, *roles, **changed):
    groups = Group.objects.filter(name__in=roles).values_list("pk", flat=True)
    return {
        "name": user.name,
        "email": user.email,
        "time_zone": "UTC",
        "team": user.team_id or "",
        "groups": list(groups),
        "is_active": "on",
        "is_staff": "on",
        **changed,
    }


def page_of(user):
    return f"/admin/accounts/user/{user.pk}/change/"


def test_new_roles_are_logged_and_end_the_persons_sessions(session, administrator, seller):
    theirs, ours = session(seller), session(administrator)

    answer = ours.post(page_of(seller), form_of(seller, "sales", "csm"))

    assert answer.status_code == 302
    assert set(seller.groups.values_list("name", flat=True)) == {"sales", "csm"}
    assert theirs.get("/api/v1/accounts").status_code == 401
    row = SecurityLog.objects.get(event="user.roles_changed")
    assert (row.actor, row.data) == (f"user:{administrator.pk}", {"given": ["csm"], "taken": []})
    assert ours.get("/admin/accounts/user/").status_code == 200


def test_switching_somebody_off_is_the_act_of_disabling(session, administrator, seller):
    theirs = session(seller)
    form = form_of(seller, "sales")
    del form["is_active"]

    session(administrator).post(page_of(seller), form)

    assert theirs.get("/api/v1/accounts").status_code == 401
    assert SecurityLog.objects.filter(event="user.disabled", actor=f"user:{administrator.pk}").count() == 1


def test_rights_need_a_fresh_login(session, administrator, seller):
    client = session(administrator)
    kept = client.session
    kept["account_authentication_methods"][0]["at"] = time.time() - 15 * 60 - 1
    kept.save()

    answer = client.post(page_of(seller), form_of(seller, "administrator"))

    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/reauthenticate/")
    assert set(seller.groups.values_list("name", flat=True)) == {"sales"}
    assert client.get(page_of(seller)).status_code == 200


def test_security_log_names_the_fields_that_moved_and_no_value(session, administrator, seller):
    session(administrator).post(page_of(seller), form_of(seller, "sales", name="Canary Name"))

    row = SecurityLog.objects.get(event="user.changed")
    assert row.data == {"fields": ["Name"]}
    assert "Canary" not in str(vars(row))


def test_nobody_changes_their_own_roles(session, administrator):
    answer = session(administrator).post(page_of(administrator), form_of(administrator, "administrator", "finance"))

    assert answer.status_code == 302
    assert set(administrator.groups.values_list("name", flat=True)) == {"administrator"}
    with pytest.raises(Conflict, match="another administrator"):
        change_roles(user=administrator, roles=["finance"], by=f"user:{administrator.pk}")
