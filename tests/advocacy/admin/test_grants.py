"""Grants and takedowns on the screen: given with proof, withdrawn with everything named, taken down with a note."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from advocacy.choices import AskState, GrantState, Use
from advocacy.models import Grant, GrantUse, TakedownTask
from tests.factories.accounts import CustomerFactory
from tests.factories.advocacy import (
    AskFactory,
    ChampionFactory,
    CompanyGrantFactory,
    GrantFactory,
    GrantUseFactory,
    TakedownFactory,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/advocacy/grant/"


def act(row, name):
    return reverse(f"admin:advocacy_{row._meta.model_name}_act", args=[row.pk, name])


def page(row):
    return reverse(f"admin:advocacy_{row._meta.model_name}_change", args=[row.pk])


def test_grant_is_sent_given_with_proof_and_used_by_buttons(client, marketer):
    row = CompanyGrantFactory(state=GrantState.PROPOSED, use=Use.LOGO, proof_kind="", decided_at=None)
    client.force_login(marketer)

    client.post(act(row, "send"))
    client.post(act(row, "give"), {"kind": "email", "text": "Mail of 3 March."})
    client.post(act(row, "use"), {"label": "Logo wall", "channel": "website", "url": ""})

    row = Grant.objects.get(pk=row.pk)
    assert (row.state, row.proof_text) == (GrantState.GRANTED, "Mail of 3 March.")
    shown = client.get(page(row)).content.decode()
    assert "Logo wall" in shown
    assert f"{marketer}" in shown


def test_proof_of_the_portal_is_not_staffs_to_claim(client, marketer):
    row = CompanyGrantFactory(state=GrantState.PENDING_COMPANY)
    client.force_login(marketer)

    client.post(act(row, "give"), {"kind": "portal", "text": "They clicked."})

    assert Grant.objects.get(pk=row.pk).state == GrantState.PENDING_COMPANY


def test_refused_grant_keeps_the_reason(client, marketer):
    row = CompanyGrantFactory(state=GrantState.PENDING_COMPANY)
    client.force_login(marketer)

    client.post(act(row, "refuse"), {"reason": "Policy of the group."})

    assert Grant.objects.get(pk=row.pk).events.get().reason == "Policy of the group."


def test_withdrawal_names_every_live_place_and_open_ask_first_and_then_takes_them(client, marketer):
    champion = ChampionFactory(contact__first_name="Zephyrine")
    row = GrantFactory(champion=champion)
    GrantUseFactory(grant=row, label="Logo wall")
    GrantUseFactory(grant=row, label="Old deck", removed_at=timezone.now())
    ask = AskFactory(champion=champion, state=AskState.SENT)
    client.force_login(marketer)

    asked = client.get(act(row, "withdraw")).content.decode()
    client.post(act(row, "withdraw"), {"reason": ""})

    assert "1 place must come down: Logo wall (Website)." in asked
    assert "1 open ask may end: Zephyrine" in asked
    assert "Old deck" not in asked
    ask.refresh_from_db()
    assert ask.state == AskState.WITHDRAWN
    assert TakedownTask.objects.get().grant_use.label == "Logo wall"


def test_takedown_is_closed_with_a_note_by_marketer_or_owner(client, marketer, csm):
    row = TakedownFactory(grant_use__grant__account=CustomerFactory(csm=csm), owner=csm)
    other = TakedownFactory()

    client.force_login(csm)
    assert "Overdue" in client.get("/admin/advocacy/takedowntask/").content.decode()
    client.post(act(row, "close"), {"note": "Page checked."})
    assert client.post(act(other, "close"), {"note": "Page checked."}).status_code == 404
    client.force_login(marketer)
    assert client.post(act(other, "close"), {"note": ""}).status_code == 200
    client.post(act(other, "close"), {"note": "Page checked."})

    assert not TakedownTask.objects.filter(closed_at=None).exists()
    assert not GrantUse.objects.filter(removed_at=None).exists()
    assert "Page checked." in client.get(page(other)).content.decode()


def test_leader_sees_a_persons_grant_without_name_or_page(client, leader):
    row = GrantFactory(champion__contact__first_name="Zephyrine")
    client.force_login(leader)

    shown = client.get(LIST).content.decode()

    assert f"Champion at {row.champion.account}" in shown
    assert "Zephyrine" not in shown
    assert client.get(page(row)).status_code == 403


def test_proof_stands_on_the_page_of_those_who_prove(client, marketer, leader):
    row = CompanyGrantFactory(proof_text="clause-4711")

    client.force_login(leader)
    assert "clause-4711" not in client.get(page(row)).content.decode()
    client.force_login(marketer)
    assert "clause-4711" in client.get(page(row)).content.decode()


def test_filters_find_what_is_in_force_ends_soon_or_never(client, marketer):
    today = timezone.now().date()
    days = {"valid_from": today - dt.timedelta(days=9)}
    soon = CompanyGrantFactory(valid_until=today + dt.timedelta(days=60), **days)
    late = CompanyGrantFactory(valid_until=today + dt.timedelta(days=61), **days)
    over = CompanyGrantFactory(valid_until=today - dt.timedelta(days=1), **days)
    endless = GrantUseFactory(grant__valid_until=None).grant
    client.force_login(marketer)

    def shown(**asked):
        found = client.get(LIST, asked).context["cl"].result_list
        return {row.pk for row in found}

    assert shown(ends="60") == {soon.pk}
    assert shown(ends="never") == {endless.pk}
    assert shown(state="force") == {soon.pk, late.pk, endless.pk}
    assert shown(grantor="person") == set()
    assert over.pk in shown(use="call")


def test_takedowns_are_found_by_what_is_left(client, marketer):
    late, down = TakedownFactory(), TakedownFactory(closed_at=timezone.now(), note="gone")
    coming = TakedownFactory(due_on=timezone.now().date())
    client.force_login(marketer)

    def shown(**asked):
        return {row.pk for row in client.get("/admin/advocacy/takedowntask/", asked).context["cl"].result_list}

    assert shown(down="0") == {late.pk, coming.pk}
    assert shown(down="late") == {late.pk}
    assert shown(down="1") == {down.pk}
