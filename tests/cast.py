"""A small named cast: who may see what, with one person who must always be refused."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from accounts.choices import Role
from accounts.models import User
from tests.factories.accounts import TeamFactory, UserFactory


def _person(name: str, *roles: Role, **fields: object) -> User:
    user = UserFactory(name=name, email=f"{name.split()[0].lower()}@corvane.example", **fields)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


@pytest.fixture
def administrator(db: None) -> User:
    return _person("Ada Administrator", Role.ADMINISTRATOR)


@pytest.fixture
def marketer(db: None) -> User:
    return _person("Maya Marketer", Role.MARKETER)


@pytest.fixture
def seller(db: None) -> User:
    """Sells in the team North."""
    return _person("Sam Seller", Role.SALES, team=TeamFactory(name="North"))


@pytest.fixture
def other_seller(db: None) -> User:
    """Sells in another team: sees nothing of North."""
    return _person("Olga Other", Role.SALES, team=TeamFactory(name="South"))


@pytest.fixture
def csm(db: None) -> User:
    return _person("Carl Csm", Role.CSM)


@pytest.fixture
def leader(db: None) -> User:
    return _person("Lena Leader", Role.LEADER)


@pytest.fixture
def auditor(db: None) -> User:
    return _person("Aldo Auditor", Role.AUDITOR)


@pytest.fixture
def nobody(db: None) -> User:
    """Has an account and no role: always refused."""
    return _person("Nora Nobody")
