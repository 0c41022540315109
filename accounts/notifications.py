"""Mails of the accounts floor to our own people."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.choices import Role
from accounts.models import User
from clg.models import WebhookEndpoint


def tell_of_many_readings(reader: User, *, limit: int) -> None:
    """Tell each administrator that somebody wanted more contact details in a day than anybody should need."""
    context = {"reader": str(reader), "limit": limit, "site": settings.PUBLIC_URL, "actor": f"user:{reader.pk}"}
    subject = render_to_string("emails/accounts/many_readings_subject.txt", context).strip()
    for administrator in User.objects.active().with_role(Role.ADMINISTRATOR):
        _send("emails/accounts/many_readings", subject, context, administrator.email)


def tell_of_disabled_endpoint(endpoint: WebhookEndpoint) -> None:
    """Tell the person whose endpoint is off; of a client's, the administrators, who look after clients."""
    where = reverse("admin:clg_webhookendpoint_change", args=[endpoint.pk])
    context: dict[str, object] = {
        "endpoint": str(endpoint),
        "owner": endpoint.owner,
        "reason": endpoint.get_disabled_reason_display().lower(),
        "page": f"{settings.PUBLIC_URL.rstrip('/')}{where}",
    }
    subject = render_to_string("emails/accounts/endpoint_disabled_subject.txt", context).strip()
    kind, _, key = endpoint.owner.partition(":")
    people = User.objects.active()
    for person in people.filter(pk=int(key)) if kind == "user" else people.with_role(Role.ADMINISTRATOR):
        _send("emails/accounts/endpoint_disabled", " ".join(subject.split()), context, person.email)


def send_invitation(user: User, *, token: str) -> None:
    """Send the link to set a first password. Raises `SMTPException` or `OSError` when it cannot be sent."""
    link = f"{settings.PUBLIC_URL.rstrip('/')}{reverse('invitation-link', args=[token])}"
    context: dict[str, object] = {"name": settings.CLG_NAME, "email": user.email, "link": link}
    subject = render_to_string("emails/accounts/invitation_subject.txt", context).strip()
    _send("emails/accounts/invitation", subject, context, user.email, must_arrive=True)


def _send(template: str, subject: str, context: dict[str, object], to: str, *, must_arrive: bool = False) -> None:
    """Unless it must arrive, a mail that fails must not turn the refusal it tells of into a defect."""
    message = EmailMultiAlternatives(subject, render_to_string(f"{template}.txt", context), to=[to])
    message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    message.send(fail_silently=not must_arrive)
