"""What a field's class hides on pages and in histories. `security` section 2.3."""

from __future__ import annotations

import pytest

from advocacy.models import Activity
from clg.admin.history import HIDDEN
from clg.fieldpolicy import may_read
from tests.clg.admin.test_lists import address
from tests.factories.advocacy import ActivityFactory

pytestmark = pytest.mark.django_db

CANARY = "proof-4711"


@pytest.fixture
def act() -> Activity:
    return ActivityFactory(evidence={"file": CANARY})


@pytest.mark.parametrize(("role", "shown"), [("marketer", True), ("administrator", False)])
def test_evidence_stands_on_the_page_of_those_who_prove(client, role, shown, request, act):
    client.force_login(request.getfixturevalue(role))

    page = client.get(address(Activity, "change", act.pk)).content.decode()

    assert act.get_kind_display() in page
    assert (CANARY in page) is shown


@pytest.mark.parametrize("role", ["csm", "seller", "leader", "nobody"])
def test_evidence_is_read_by_no_other_role(role, request):
    assert not may_read(request.getfixturevalue(role), Activity, "evidence")


def test_history_says_that_a_hidden_field_moved_but_not_how(client, administrator, act):
    Activity.objects.filter(pk=act.pk).update(evidence={"file": f"{CANARY}-new"})
    client.force_login(administrator)

    page = client.get(address(Activity, "history", act.pk)).content.decode()

    assert "evidence" in page.lower()
    assert CANARY not in page
    assert HIDDEN in page
