"""The matrix of security 2.2 for the accounts floor."""

from __future__ import annotations

import pytest

from accounts import permissions
from accounts.principals import ApiPrincipal
from clg.errors import NotAllowed
from clg.permissions import require
from tests.factories.accounts import AccountFactory, ContactFactory, SourceFactory

pytestmark = pytest.mark.django_db

READERS = {"administrator", "marketer", "seller", "csm", "leader", "auditor"}
CAST = sorted(READERS | {"nobody"})
MATRIX = {
    "may_see_accounts": READERS,
    "may_see_contacts": READERS,
    "may_see_opportunities": READERS,
    "may_see_signals": READERS,
    "may_see_contact_details": {"administrator", "marketer"},
    "may_edit_account": {"marketer", "csm"},
    "may_create_contact": {"marketer", "csm"},
    "may_edit_contact": {"marketer", "csm"},
    "may_edit_opportunity": {"marketer", "csm"},
    "may_export_accounts": {"administrator", "marketer"},
    "may_import": {"administrator", "marketer"},
    "may_see_sources": {"administrator", "marketer", "auditor"},
    "may_manage_sources": {"administrator"},
    "may_see_users": {"administrator", "auditor"},
    "may_manage_users": {"administrator"},
    "may_see_history": {"administrator", "marketer", "auditor"},
    "may_see_security_log": {"administrator", "auditor"},
    "may_see_reference_data": READERS,
    "may_record_rates": {"administrator"},
}


@pytest.mark.parametrize("person", CAST)
@pytest.mark.parametrize("act", sorted(MATRIX))
def test_matrix(request, act, person):
    verdict = getattr(permissions, act)(request.getfixturevalue(person))

    assert bool(verdict) is (person in MATRIX[act])


def test_csm_may_only_touch_accounts_in_care(csm):
    own = AccountFactory(csm=csm)
    other = AccountFactory()

    assert permissions.may_edit_account(csm, own)
    assert not permissions.may_edit_account(csm, other)
    assert permissions.may_see_contact_details(csm, ContactFactory(account=own))
    assert not permissions.may_see_contact_details(csm, ContactFactory(account=other))


def test_only_a_client_pushes(administrator):
    client = ApiPrincipal(client=None, source=SourceFactory(), scopes=frozenset(["accounts:write"]))

    assert permissions.may_push(client, "accounts")
    assert permissions.may_push(client, "contacts").code == "missing_scope"
    assert permissions.may_push(administrator, "accounts").code == "client_required"


def test_require_carries_the_sentence(nobody):
    with pytest.raises(NotAllowed, match="Imports are for administrators and marketers") as refusal:
        require(permissions.may_import(nobody))

    assert refusal.value.code == "permission_denied"
