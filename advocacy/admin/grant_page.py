"""The pages of a grant and a takedown: who gave what, its history as events, and every place that stands on it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.models import Account
from advocacy.admin.words import grant_tag
from advocacy.choices import GrantState
from advocacy.models import Grant, GrantEvent, GrantParty, GrantUse, TakedownTask
from advocacy.privacy import champion_name
from clg import wording
from clg.admin import cells, register_panel
from clg.admin.cards import TableCard, heading
from clg.admin.naming import names_of_actors
from clg.fieldpolicy import may_read


def grant_head(request: HttpRequest, row: Any) -> SafeString:
    until = f"until {wording.day(row.valid_until)}" if row.valid_until else "without an end"
    facts = [
        grant_tag(row.state),
        _grantor(row, request.user),
        row.get_identity_display(),
        f"from {wording.day(row.valid_from)} {until}",
        cells.link(row.supersedes, "replaces an older grant") if row.supersedes else "",
    ]
    return heading(f"{row.get_use_display()}, {row.get_grantor_display().lower()}", facts)


def _grantor(row: Grant, reader: Any) -> str:
    if row.champion is None:
        return str(row.account)
    return cells.link(row.champion, champion_name(row.champion, reader))


def parties(request: HttpRequest, row: Any) -> SafeString | str:
    """Companies it is for, or never for; those out of sight stay unnamed."""
    named = list(GrantParty.objects.visible_to(request.user).filter(grant=row).select_related("account"))
    in_sight = Account.objects.visible_to(request.user).filter(pk__in=[one.account_id for one in named])
    seen = set(in_sight.values_list("pk", flat=True))
    if not named:
        return ""
    return TableCard(
        title="Companies it names",
        head=["Company", "Part"],
        rows=[
            [str(one.account) if one.account_id in seen else "Another company", one.get_role_display()] for one in named
        ],
        empty="It names no company.",
    ).drawn()


def places(request: HttpRequest, row: Any) -> SafeString:
    """Every place that ever stood on it, live ones first."""
    rows = list(
        GrantUse.objects.visible_to(request.user)
        .filter(grant=row)
        .select_related("takedown", "made_by")
        .order_by("-pk")
    )
    rows.sort(key=lambda place: place.removed_at is not None)
    return TableCard(
        title="Places of use",
        note="a withdrawal names each of them",
        head=["What", "Where", "Address", "Since", "State"],
        rows=[
            [
                place.label,
                place.get_channel_display(),
                place.url or wording.UNKNOWN,
                wording.day(place.since),
                _standing(place),
            ]
            for place in rows
        ],
        empty="Nothing stands on it. Record a place as soon as something is published.",
    ).drawn()


def _standing(place: GrantUse) -> SafeString | str:
    if place.removed_at is not None:
        return f"Down since {wording.day(place.removed_at)}"
    task = getattr(place, "takedown", None)
    return cells.link(task, f"To come down by {wording.day(task.due_on)}") if task else cells.tag("Live", "good")


def events(request: HttpRequest, row: Any) -> SafeString:
    """The steps it took; the reasons for who reads words of persons."""
    steps = list(GrantEvent.objects.visible_to(request.user).filter(grant=row).order_by("sequence"))
    names = names_of_actors(step.actor for step in steps)
    reads = may_read(request.user, GrantEvent, "reason")
    return TableCard(
        title="History",
        note="append-only; each step keeps the hash of the terms",
        head=["Step", "To", "When", "By", "Why"],
        rows=[
            [
                step.event.replace("_", " ").capitalize(),
                str(GrantState(step.to_state).label),
                wording.moment(step.at),
                names[step.actor],
                (step.reason if reads else "") or wording.UNKNOWN,
            ]
            for step in steps
        ],
        empty="No step is on record.",
    ).drawn()


def takedown_head(request: HttpRequest, row: Any) -> SafeString:
    place = row.grant_use
    facts = [
        cells.tag("Down", "good", "✓") if row.closed_at else cells.tag("Still up", "warn"),
        place.get_channel_display(),
        place.url,
        cells.link(place.grant, str(place.grant)),
        _grantor(place.grant, request.user),
        f"due {wording.day(row.due_on)}",
        f"owner {row.owner}" if row.owner else "no owner",
    ]
    return heading(place.label, facts)


register_panel(Grant, grant_head, place=10)
register_panel(Grant, places, place=20)
register_panel(Grant, parties, place=30)
register_panel(Grant, events, place=40)
register_panel(TakedownTask, takedown_head, place=10)
