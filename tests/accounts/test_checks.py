"""A superuser is warned of while there is one."""

from __future__ import annotations

import pytest

from accounts.checks import superusers_are_gone
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "warnings"),
    [
        ({"is_superuser": True}, ["accounts.W001"]),
        ({"is_superuser": True, "is_active": False}, []),
        ({"is_superuser": False}, []),
    ],
)
def test_active_superuser_is_warned_of(fields, warnings):
    UserFactory(**fields)

    assert [warning.id for warning in superusers_are_gone(["default"])] == warnings


def test_without_a_database_nothing_is_asked():
    assert superusers_are_gone() == []
