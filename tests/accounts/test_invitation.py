"""Invited by mail: a link for seven days, once, that signs nobody in."""

from __future__ import annotations

import datetime as dt
import re
from smtplib import SMTPException
from unittest import mock

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from accounts.actions.invitation import accept_invitation, invite_user
from accounts.actions.user import disable_user
from accounts.invitation import LIFE, invitation_token, invited_by
from accounts.models import User
from clg.api.errors import RateLimited
from clg.errors import Busy, Conflict, NotFound
from clg.models import SecurityLog
from tests.accounts.admin.test_users import page_of

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
PASSWORD = "correct horse battery staple"


@pytest.fixture
def newcomer(db):
    user = User.objects.create_user("nora@corvane.example", None, name="Nora New")
    assert not user.has_usable_password()
    return user


def mailed_link():
    return re.search(r"http\S+(/account/invitation/\S+)", mail.outbox[-1].body)[1]


def follow(client, link, **form):
    """The link, then the form at the clean address, then its answer."""
    assert client.get(link)["Location"] == "/account/invitation/"
    return client.post("/account/invitation/", {"password1": PASSWORD, "password2": PASSWORD, **form})


def test_invited_person_sets_a_password_and_signs_in(client, newcomer):
    invite_user(user=newcomer, by="user:1", at=timezone.now())

    answer = follow(client, mailed_link())

    assert (answer.status_code, answer["Location"]) == (302, "/account/login/")
    assert "_auth_user_id" not in client.session
    signed_in = client.post("/account/login/", {"login": newcomer.email, "password": PASSWORD})
    assert (signed_in.status_code, signed_in["Location"]) == (302, "/")
    events = SecurityLog.objects.filter(event__startswith="user.invit").order_by("id").values_list("event", "actor")
    assert list(events) == [("user.invited", "user:1"), ("user.invitation_accepted", f"user:{newcomer.pk}")]
    assert mail.outbox[-1].to == [newcomer.email]


def test_link_works_once(client, newcomer):
    invite_user(user=newcomer, by="user:1", at=timezone.now())
    link = mailed_link()
    follow(client, link)

    answer = follow(client, link, password1="another long password", password2="another long password")

    assert answer.status_code == 404
    assert User.objects.get(pk=newcomer.pk).check_password(PASSWORD)


def test_newer_invitation_ends_the_older(newcomer):
    old = invitation_token(newcomer, at=AT)

    invite_user(user=newcomer, by="user:1", at=AT)

    assert invited_by(old, at=AT) is None
    assert invited_by(invitation_token(User.objects.get(pk=newcomer.pk), at=AT), at=AT) == newcomer


def test_link_ends_after_seven_days(newcomer):
    token = invitation_token(newcomer, at=AT)

    assert invited_by(token, at=AT + LIFE - dt.timedelta(seconds=1)) == newcomer
    assert invited_by(token, at=AT + LIFE) is None


def test_end_and_person_of_a_token_cannot_be_changed(newcomer, seller):
    named, _, rest = invitation_token(newcomer, at=AT).partition(".")
    end, _, signature = rest.partition(":")

    assert invited_by(f"{named}.{int(end) + 9}:{signature}", at=AT) is None
    assert invited_by(f"{seller.pk}.{end}:{signature}", at=AT) is None


@pytest.mark.parametrize("token", ["", "nothing", "1.2", "1.2:x", "²." + "1:x", "1." + "9" * 300 + ":x", "\0.1:x"])
def test_strange_tokens_name_nobody(newcomer, token):
    assert invited_by(token, at=AT) is None


def test_disabled_person_is_not_invited_and_holds_no_link(newcomer):
    token = invitation_token(newcomer, at=AT)
    disable_user(user=newcomer, by="user:1")

    with pytest.raises(Conflict):
        invite_user(user=newcomer, by="user:1", at=AT)

    assert invited_by(token, at=AT) is None
    assert mail.outbox == []


def test_second_use_at_the_same_moment_changes_nothing(newcomer):
    """Both have read the link as good; the one that writes second finds another password there."""
    token = invitation_token(newcomer, at=AT)
    stale = User.objects.get(pk=newcomer.pk)
    accept_invitation(token=token, password=PASSWORD, at=AT)

    with mock.patch("accounts.actions.invitation.invited_by", return_value=stale), pytest.raises(NotFound):
        accept_invitation(token=token, password="another long password", at=AT)

    assert User.objects.get(pk=newcomer.pk).check_password(PASSWORD)


def test_mail_that_fails_leaves_the_older_link(newcomer):
    token = invitation_token(newcomer, at=AT)

    with mock.patch.object(EmailMultiAlternatives, "send", side_effect=SMTPException), pytest.raises(Busy):
        invite_user(user=newcomer, by="user:1", at=AT)

    assert invited_by(token, at=AT) == newcomer
    assert not SecurityLog.objects.filter(event="user.invited").exists()


def test_five_mails_an_hour(newcomer):
    for _ in range(5):
        invite_user(user=newcomer, by="user:1", at=AT)

    with pytest.raises(RateLimited):
        invite_user(user=newcomer, by="user:2", at=AT)
    assert len(mail.outbox) == 5


def test_guessing_is_closed_after_sixty_misses(client):
    answers = [client.get("/account/invitation/").status_code for _ in range(61)]

    assert answers == [404] * 60 + [429]


def test_token_leaves_the_address_and_is_not_sent_on(client, newcomer):
    answer = client.get(f"/account/invitation/{invitation_token(newcomer, at=timezone.now())}/")

    assert (answer.status_code, answer["Location"]) == (303, "/account/invitation/")
    assert (answer["Referrer-Policy"], answer["Cache-Control"], answer["X-Robots-Tag"]) == (
        "no-referrer",
        "no-store",
        "noindex",
    )
    assert newcomer.email in client.get("/account/invitation/").content.decode()


def test_short_password_is_refused_with_a_sentence(client, newcomer):
    answer = follow(client, f"/account/invitation/{invitation_token(newcomer, at=timezone.now())}/", password1="short")

    assert answer.status_code == 200
    assert not User.objects.get(pk=newcomer.pk).has_usable_password()


def test_person_added_on_the_screen_is_invited(session, administrator):
    form = {"name": "Nora New", "email": "nora@corvane.example", "time_zone": "UTC", "team": "", "groups": []}
    form |= {"is_active": "on", "is_staff": "on"}

    answer = session(administrator).post("/admin/accounts/user/add/", form)

    assert answer.status_code == 302
    assert [message.to for message in mail.outbox] == [["nora@corvane.example"]]
    assert invited_by(mailed_link().split("/")[3], at=timezone.now()).name == "Nora New"


def test_administrator_invites_again_from_the_page(session, administrator, newcomer):
    client = session(administrator)
    where = page_of(newcomer).replace("change/", "act/invite/")
    assert where in client.get(page_of(newcomer)).content.decode()

    answer = client.post(where)

    assert answer.status_code == 302
    assert len(mail.outbox) == 1


def test_auditor_sees_the_person_and_invites_nobody(session, auditor, newcomer):
    answer = session(auditor).post(page_of(newcomer).replace("change/", "act/invite/"))

    assert answer.status_code == 403
    assert mail.outbox == []
