"""An endpoint, its owner and its receiver."""

from __future__ import annotations

import pytest

from tests.callers import make_client
from tests.clg.actions.webhooks import Clock
from tests.factories.accounts import SourceFactory
from tests.factories.clg import make_active_endpoint
from tests.receiver import receiving


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


@pytest.fixture
def client():
    return make_client(SourceFactory(slug="crm"), "accounts:read", "attribution:read", "webhooks:manage")


@pytest.fixture
def owner(client):
    return f"client:{client.pk}"


@pytest.fixture
def made(owner, receiver):
    return make_active_endpoint(owner, receiver.url)


@pytest.fixture
def clock():
    return Clock()
