"""The pages of possible duplicates: who sees them, what they show and do."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Contact, MergeEvent, ToldApart
from tests.factories.accounts import AccountFactory, ContactFactory, IdentityFactory, SourceFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/mergeevent/duplicates/"


@pytest.fixture
def twins():
    """An account with a person, and a namesake of another industry."""
    rows = [
        AccountFactory(name=name, domain="acme.example", industry=industry)
        for name, industry in (("Acme", ""), ("ACME Ltd", "Steel"))
    ]
    ContactFactory(account=rows[1])
    IdentityFactory(source=SourceFactory(name="CRM"), object_type="account", external_id="001A", account=rows[1])
    return rows


def page(row, kind="account"):
    return f"{LIST}{kind}/{row.pk}/"


def test_list_shows_each_group_with_what_hangs_on_its_rows(session, marketer, twins):
    text = session(marketer).get(LIST).content.decode()

    assert text.count("acme.example</h3>") == 1
    assert "1 contact" in text
    assert "CRM: 001A" in text
    assert page(twins[0]) in text


def test_empty_list_says_what_belongs_there(session, marketer):
    client = session(marketer)

    assert "No account looks like another" in client.get(LIST).content.decode()
    assert "No contact looks like another" in client.get(f"{LIST}?of=contact").content.decode()
    assert "Nothing was told apart" in client.get(f"{LIST}?apart=1").content.decode()


def test_rows_stand_side_by_side_and_the_heavier_one_stays(session, marketer, twins):
    text = session(marketer).get(page(twins[0])).content.decode()

    assert f'value="{twins[1].pk}" checked' in text
    assert "<b>Acme</b> goes: nothing moves to <b>ACME Ltd</b>" in text
    assert "<td>Steel</td>" in text


def test_preview_follows_the_choice_and_changes_nothing(session, marketer, twins):
    text = session(marketer).post(page(twins[0]), {"stays": twins[0].pk}).content.decode()

    assert "<b>ACME Ltd</b> (CRM: 001A) goes: 1 contact moves to <b>Acme</b>" in text
    assert "Not copied, though it has none: industry (Steel)" in text
    assert not MergeEvent.objects.exists()


def test_merge_moves_everything_to_the_one_that_stays(session, marketer, twins):
    answer = session(marketer).post(page(twins[0]), {"stays": twins[0].pk, "do": "merge"}, follow=True)

    assert "Merged into Acme: 1 contact moved." in answer.content.decode()
    assert Contact.objects.get().account_id == twins[0].pk
    assert list(Account.objects.live()) == [twins[0]]


def test_of_several_only_the_ticked_ones_go(session, marketer, twins):
    third = AccountFactory(domain="acme.example")
    client, chosen = session(marketer), {"stays": twins[0].pk, "goes": [third.pk, twins[0].pk]}

    none = client.post(page(third), {"stays": twins[0].pk, "do": "merge"})
    client.post(page(third), {**chosen, "do": "merge"})

    assert "Choose at least one row" in none.content.decode()
    assert set(Account.objects.live()) == set(twins)


@pytest.mark.parametrize("stays", ["", "999", "x"])
def test_only_rows_of_the_group_can_be_named(session, marketer, twins, stays):
    outside = AccountFactory(domain="other.example")

    answer = session(marketer).post(page(twins[0]), {"stays": stays or outside.pk, "do": "merge"})

    assert "Look at them again" in answer.content.decode()
    assert not MergeEvent.objects.exists()


def test_not_the_same_is_remembered_and_can_be_taken_back(session, marketer, twins):
    client = session(marketer)

    client.post(page(twins[0]), {"do": "apart"})
    shown = [page(twins[0]) in client.get(address).content.decode() for address in (LIST, f"{LIST}?apart=1")]
    told_by = ToldApart.objects.get().told_by
    client.post(page(twins[0]), {"do": "again"})

    assert (shown, told_by) == ([False, True], f"user:{marketer.pk}")
    assert page(twins[0]) in client.get(LIST).content.decode()


def test_pages_are_for_who_may_merge(session, twins, request):
    for role, status in (("administrator", 200), ("auditor", 403), ("seller", 403), ("csm", 403), ("leader", 403)):
        client = session(request.getfixturevalue(role))
        assert client.get(LIST).status_code == status
        assert client.get(page(twins[0])).status_code == status
        assert client.post(page(twins[0]), {"stays": twins[0].pk, "do": "merge"}).status_code in (status, 302)
        assert ("Possible duplicates" in client.get("/admin/").content.decode()) == (status == 200)
        Account.objects.update(deleted_at=None)


@pytest.mark.parametrize("address", [f"{LIST}?of=opportunity", f"{LIST}account/999999/", f"{LIST}account/{10**25}/"])
def test_unknown_kinds_and_rows_are_not_found(session, marketer, address):
    assert session(marketer).get(address).status_code == 404


@pytest.mark.parametrize("after", ["x", "9" * 30, "1"])
def test_odd_cursor_begins_anew(session, marketer, twins, after):
    assert "acme.example</h3>" in session(marketer).get(f"{LIST}?after={after}").content.decode()


def test_addresses_of_people_stand_in_no_address(session, marketer):
    for number in range(30):
        ContactFactory.create_batch(2, email=f"p{number:02d}@acme.example")
    client = session(marketer)

    first = client.get(f"{LIST}?of=contact")
    second = client.get(f"{LIST}?of=contact&after={first.context['next']}")

    values = [group["value"] for shown in (first, second) for group in shown.context["groups"]]
    assert values == [f"p{number:02d}@acme.example" for number in range(30)]
    assert isinstance(first.context["next"], int)


def test_statements_are_the_same_for_few_and_many(session, marketer):
    client, counts = session(marketer), []
    client.get(LIST)
    for number in (3, 300):
        AccountFactory.create_batch(number, domain=f"d{number}.example")
        ContactFactory.create_batch(number, email=f"p{number}@acme.example")
        for n in range(number):
            AccountFactory.create_batch(2, domain=f"x{n}.example")
        last = Account.objects.filter(domain=f"d{number}.example").first()
        addresses = (LIST, f"{LIST}?of=contact", page(last))
        with CaptureQueriesContext(connection) as queries:
            texts = [client.get(address).status_code for address in addresses]
        counts.append((len(queries), texts))

    assert counts[0] == counts[1]
