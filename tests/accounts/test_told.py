"""Pushes, merges, deletes and imports leave no change untold: I5's own look, after each of them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts.actions.merge import merge_duplicates, undo_merge
from accounts.models import Account
from accounts.sync.objects import ACCOUNT, CONTACT, OPPORTUNITY
from clg.events.numbering import number_events
from clg.invariants import look_at_all
from tests.accounts.actions.test_merge import item, send
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db


def untold():
    number_events()
    (check,) = look_at_all(at=timezone.now(), only=["I5"])["checks"]
    return check["sample"]


@pytest.fixture
def source():
    source = SourceFactory(rank=5, currency="USD")
    send(source, ACCOUNT, item("A1", 1, {"name": "One"}), item("A2", 1, {"name": "Two"}))
    of_first, of_second = ({"account": {"external_id": name}} for name in ("A1", "A2"))
    send(source, CONTACT, item("C1", 1, {"last_name": "Li"}, of_first), item("C2", 1, {"last_name": "Wu"}, of_second))
    send(source, OPPORTUNITY, item("D1", 1, {"name": "Deal"}, {"account": {"external_id": "A2"}}))
    return source


def test_pushes_and_children_that_came_first_are_told(source):
    send(source, CONTACT, item("C3", 2, {"last_name": "Ng"}, {"account": {"external_id": "A9"}}))
    send(source, ACCOUNT, item("A1", 3, {"name": "Uno"}), item("A2", 3, op="delete"))

    assert untold() == []


def test_a_merge_and_its_undoing_are_told_of_all_it_moves(source, administrator):
    winner, loser = Account.objects.order_by("pk")

    merged = merge_duplicates(winner=winner, losers=[loser], at=timezone.now())
    after_merge = untold()
    undo_merge(event=merged.event, by=administrator, at=timezone.now() + dt.timedelta(seconds=1))

    assert (after_merge, untold()) == ([], [])
