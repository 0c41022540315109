"""The screens of webhooks: every act by its button, the secret shown once, mail when an endpoint is switched off."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.owners import tell_of_disabled
from clg import wording
from clg.actions.webhook import close_endpoint
from clg.choices import DisabledReason, EndpointState, WorkState
from clg.crypto import decrypt
from clg.models import OutboxEvent, SecurityLog, WebhookDelivery, WebhookEndpoint
from tests.clg.actions.webhooks import happen
from tests.factories.clg import make_active_endpoint

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def screen(session, administrator):
    return session(administrator)


@pytest.fixture
def endpoint(administrator):
    return make_active_endpoint(f"user:{administrator.pk}").endpoint


def act(screen, row, name, **answers):
    where = reverse(f"admin:clg_{row._meta.model_name}_act", args=[row.pk, name])
    return screen.post(where, answers)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def test_registering_shows_the_secret_once_and_queues_a_ping(screen, administrator):
    where = reverse("admin:clg_webhookendpoint_do", args=["register"])

    answer = screen.post(where, {"url": URL, "description": "Ours", "event_types": ["account.*"], "exclude_own": "on"})

    made = WebhookEndpoint.objects.get()
    secret = decrypt(bytes(made.secret)).decode()
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert (made.owner, made.state) == (f"user:{administrator.pk}", EndpointState.PENDING)
    assert [d.cause[:5] for d in WebhookDelivery.objects.all()] == ["ping:"]
    assert secret not in screen.get(reverse("admin:clg_webhookendpoint_change", args=[made.pk])).content.decode()


def test_address_that_leads_inside_is_refused_beside_its_field(screen, settings):
    settings.CLG_ALLOW_LOOPBACK_TARGETS = False
    where = reverse("admin:clg_webhookendpoint_do", args=["register"])

    answer = screen.post(where, {"url": "https://127.0.0.1/", "event_types": ["account.*"]})

    assert "name of a host" in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_rotation_shows_the_new_secret_once(screen, endpoint):
    answer = act(screen, endpoint, "rotate")

    assert decrypt(bytes(fresh(endpoint).secret)).decode() in answer.content.decode()
    assert fresh(endpoint).former_secret is not None


def test_disable_enable_and_ping(screen, endpoint):
    act(screen, endpoint, "disable")
    assert fresh(endpoint).state == EndpointState.DISABLED
    page = screen.get(reverse("admin:clg_webhookendpoint_change", args=[endpoint.pk])).content.decode()
    assert "Nothing is sent." in page

    act(screen, endpoint, "enable")
    assert fresh(endpoint).state == EndpointState.PENDING
    assert WebhookDelivery.objects.get().is_ping
    events = set(SecurityLog.objects.values_list("event", flat=True))
    assert {"webhook_endpoint.disabled", "webhook_endpoint.enabled"} <= events


def test_change_and_replay(screen, endpoint):
    happen(count=2)
    act(screen, endpoint, "edit", url=endpoint.url, description="Named", event_types=["contact.*"])
    assert (fresh(endpoint).description, fresh(endpoint).event_types) == ("Named", ["contact.*"])
    act(screen, endpoint, "edit", url=endpoint.url, event_types=["account.*"])

    act(screen, endpoint, "replay", from_position=1, to_position=2)

    assert WebhookDelivery.objects.filter(cause__startswith="replay:").count() == 2


def test_sending_again_is_a_delivery_of_its_own(screen, endpoint):
    happen()
    WebhookDelivery.objects.update(state=WorkState.DEAD)

    act(screen, WebhookDelivery.objects.get(), "resend")

    assert sorted(WebhookDelivery.objects.values_list("state", flat=True)) == ["dead", "pending"]


def test_answer_of_a_receiver_is_text(screen, endpoint):
    happen()
    WebhookDelivery.objects.update(state=WorkState.DONE, status=200, answer="<script>alert(1)</script>")

    page = screen.get(reverse("admin:clg_webhookdelivery_change", args=[WebhookDelivery.objects.get().pk]))

    assert "&lt;script&gt;alert(1)" in page.content.decode()
    assert "<script>alert(1)" not in page.content.decode()


def test_page_of_a_delivery_says_what_it_waits_for(screen, endpoint):
    happen()
    row = WebhookDelivery.objects.get()
    where = reverse("admin:clg_webhookdelivery_change", args=[row.pk])
    assert f"next {wording.moment(row.run_after)}" in screen.get(where).content.decode()

    WebhookEndpoint.objects.update(paused_until=dt.datetime(2031, 2, 1, 9, tzinfo=dt.UTC))
    assert "next 1 Feb 2031, 09:00" in screen.get(where).content.decode()

    act(screen, endpoint, "disable")
    assert "waits until its endpoint is active" in screen.get(where).content.decode()


def test_page_of_an_endpoint_shows_first_what_failed(screen, endpoint):
    happen(count=12)
    first = WebhookDelivery.objects.order_by("pk").first()
    WebhookDelivery.objects.filter(pk=first.pk).update(attempts=2, status=503)

    page = screen.get(reverse("admin:clg_webhookendpoint_change", args=[endpoint.pk])).content.decode()

    assert "Deliveries to try again, then the newest" in page
    assert "503" in page
    assert page.count("account.updated</a>") == 10


@pytest.mark.parametrize("reader", ["marketer", "auditor"])
def test_others_look_and_do_nothing(session, reader, request, endpoint):
    screen = session(request.getfixturevalue(reader))

    assert screen.get(reverse("admin:clg_webhookendpoint_changelist")).status_code == 200
    assert act(screen, endpoint, "disable").status_code == 403
    assert fresh(endpoint).state == EndpointState.ACTIVE


def test_owner_hears_by_mail_of_an_endpoint_that_was_switched_off(administrator, endpoint):
    close_endpoint(endpoint, reason=DisabledReason.FAILING, by="clg.deliver_webhooks")

    tell_of_disabled(list(OutboxEvent.objects.all()))

    (told,) = mail.outbox
    assert told.to == [administrator.email]
    assert "failed for three days" in told.body


def test_mail_is_not_sent_for_one_that_is_on_again(endpoint):
    close_endpoint(endpoint, reason=DisabledReason.GONE, by="x")
    WebhookEndpoint.objects.update(state=EndpointState.ACTIVE)

    tell_of_disabled(list(OutboxEvent.objects.all()))

    assert mail.outbox == []


def test_command_replays_a_range(endpoint, capsys):
    happen(count=3)

    call_command("webhook_replay", endpoint=endpoint.name_outside, first=2, last=3)

    assert f'{{"endpoint": "{endpoint.name_outside}", "deliveries": 2}}' in capsys.readouterr().out
    with pytest.raises(CommandError, match="no endpoint"):
        call_command("webhook_replay", endpoint="whe_1", first=1, last=2)
