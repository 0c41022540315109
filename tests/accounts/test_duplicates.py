"""Rows that look like one: which groups, in which order, and what was told apart."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.actions.merge import ask_again, tell_apart
from accounts.duplicates import groups, rows_like, value_of
from accounts.models import Account, ToldApart
from accounts.sync.objects import ACCOUNT, CONTACT
from tests.factories.accounts import AccountFactory, ContactFactory, UserFactory

pytestmark = pytest.mark.django_db


def found(of, **options):
    return [(group.value, list(group.keys)) for group in groups(of, limit=10, **options)]


def test_live_accounts_of_one_domain_are_a_group():
    first, second = AccountFactory(domain="acme.example"), AccountFactory(domain="acme.example")
    AccountFactory(domain="other.example")
    AccountFactory(domain="acme.example", deleted_at=timezone.now())
    for free in ("", "gmail.com"):
        AccountFactory.create_batch(2, domain=free)

    assert found(ACCOUNT) == [("acme.example", [first.pk, second.pk])]
    assert set(rows_like(ACCOUNT, second)) == {first, second}
    assert not rows_like(ACCOUNT, Account.objects.filter(domain="gmail.com").first()).exists()


def test_contacts_of_one_address_are_a_group_whatever_its_case():
    first, second = ContactFactory(email="Ada@acme.example"), ContactFactory(email="ada@ACME.example")
    ContactFactory.create_batch(2, email="")

    assert found(CONTACT) == [("ada@acme.example", [first.pk, second.pk])]
    assert list(rows_like(CONTACT, first)) == [first, second]


def test_groups_go_on_after_a_value():
    for name in ("a", "b", "c"):
        AccountFactory.create_batch(2, domain=f"{name}.example")
    [middle] = Account.objects.filter(domain="b.example").order_by("pk")[:1]

    assert [value for value, _ in found(ACCOUNT, after=value_of(ACCOUNT, middle.pk))] == ["c.example"]
    assert value_of(ACCOUNT, 1 << 40) == ""


def test_what_was_told_apart_is_asked_again_only_for_a_further_row():
    rows, by, at = AccountFactory.create_batch(3, domain="acme.example"), UserFactory(), timezone.now()
    keys = [row.pk for row in rows]

    word = tell_apart(of=ACCOUNT, keys=keys[::-1], by=by, at=at)
    again = tell_apart(of=ACCOUNT, keys=keys, by=by, at=at)
    apart = found(ACCOUNT), found(ACCOUNT, is_apart=True)
    Account.objects.filter(pk=keys[1]).update(deleted_at=at)
    fewer = found(ACCOUNT)
    newcomer = AccountFactory(domain="acme.example")

    assert (word, word.keys, word.told_by) == (again, keys, f"user:{by.pk}")
    assert apart == ([], [("acme.example", keys)])
    assert fewer == []
    assert found(ACCOUNT) == [("acme.example", [keys[0], keys[2], newcomer.pk])]


def test_a_word_can_be_taken_back():
    keys = [row.pk for row in ContactFactory.create_batch(2, email="ada@acme.example")]
    tell_apart(of=CONTACT, keys=keys, by=UserFactory(), at=timezone.now())

    assert (ask_again(of=CONTACT, keys=keys), ask_again(of=CONTACT, keys=keys)) == (1, 0)
    assert (found(CONTACT), ToldApart.objects.count()) == ([("ada@acme.example", keys)], 0)
