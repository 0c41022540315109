"""The demo's webhooks: registered by a client, heard by made-up tools on this machine, in every state there is."""

from __future__ import annotations

import pytest

from clg.actions.delivery import deliver_due
from clg.choices import EndpointState, WorkState
from clg.models import WebhookDelivery, WebhookEndpoint
from growth.demo import receiver
from growth.demo.load import webhooks
from tests.clg.actions.webhooks import Clock, happen
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def tools(monkeypatch):
    with receiver.receiving(pytest.fail, port=0) as port:
        monkeypatch.setattr(receiver, "address", lambda path: f"http://127.0.0.1:{port}{path}")
        yield port


def test_tools_answer_the_ping_and_show_every_state(tools):
    webhooks.load_endpoints(SourceFactory(slug="demo-crm"))
    clock = Clock()
    deliver_due(clock=clock, seconds=20)
    assert set(WebhookEndpoint.objects.values_list("state", flat=True)) == {EndpointState.ACTIVE}
    happen("attribution.run_completed")

    deliver_due(clock=clock, seconds=20)

    found = WebhookDelivery.objects.filter(event__isnull=False).values_list("endpoint__url", "state", "status")
    assert {(url.rpartition("/")[2], state, status) for url, state, status in found} == {
        ("well", WorkState.DONE, 200),
        ("busy", WorkState.PENDING, 503),
        ("gone", WorkState.DEAD, 410),
    }
    assert WebhookEndpoint.objects.get(url__endswith="/gone").state == EndpointState.DISABLED


def test_nothing_is_registered_where_calls_to_this_machine_are_refused(settings):
    settings.CLG_ALLOW_LOOPBACK_TARGETS = False

    webhooks.load_endpoints(SourceFactory(slug="demo-crm"))

    assert not WebhookEndpoint.objects.exists()


def test_taken_port_is_said_and_ends_nothing(tools):
    said = []

    with receiver.receiving(said.append, port=tools) as port:
        assert port == tools
    assert said == [f"Port {tools} is taken, so the demo's webhooks go to whoever listens there, or fail."]
