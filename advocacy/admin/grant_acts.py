"""The moves of a grant and recording a place of use, as buttons; what a withdrawal reaches, place by place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms

from advocacy.actions import grant as grants
from advocacy.actions.grant import Proof, part_of
from advocacy.actions.takedown import Place, close_takedown, use_grant
from advocacy.choices import ProofKind, PublicationChannel
from advocacy.grants.lifecycle import GIVEN, MOVES, GrantPart, moves_from
from advocacy.models import Ask, Grant
from advocacy.privacy import champion_name
from clg import wording
from clg.admin import Act

Answers = Mapping[str, Any]
_LABELS = {move.event: move.label for move in MOVES}
# The portal proves what a grantor did there; staff cannot claim that.
_PROOFS = [(kind.value, kind.label) for kind in ProofKind if kind != ProofKind.PORTAL]


class GiveForm(forms.Form):
    kind = forms.ChoiceField(label="What shows it", choices=_PROOFS)
    text = forms.CharField(
        label="In words",
        help_text="For instance: mail of 3 March, or clause 9.2 of the contract of 2025.",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RefuseForm(forms.Form):
    reason = forms.CharField(label="Why, in their words", max_length=500, required=False)


class WithdrawForm(forms.Form):
    reason = forms.CharField(label="Why", max_length=500, required=False)


class PlaceForm(forms.Form):
    label = forms.CharField(label="What stands there", help_text="For instance: logo on the home page.", max_length=200)
    channel = forms.ChoiceField(label="Where", choices=PublicationChannel.choices)
    url = forms.URLField(label="Address", required=False, max_length=1000, assume_scheme="https")


class DownForm(forms.Form):
    note = forms.CharField(
        label="How do you know",
        help_text="For instance: page checked today, slide replaced in the shared deck.",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def reach_of(row: Grant, reader: Any) -> str:
    """Every live place that must come down, and every ask in sight that ends with it unless another grant covers it."""
    places = [f"{place.label} ({place.get_channel_display()})" for place in row.uses.filter(removed_at=None)]
    mine: Mapping[str, Any] = {"champion": row.champion_id} if row.champion_id else {"account": row.account_id}
    asks = Ask.objects.visible_to(reader).filter(**mine, use=row.use, state__in=["reserved", "sent"])
    named = [
        f"{champion_name(ask.champion, reader)}, {wording.day(ask.reserved_at)}"
        for ask in asks.select_related("champion__account", "champion__contact")
        if ask.champion
    ]
    down = f"{wording.count(len(places), 'place')} must come down: {'; '.join(places)}." if places else ""
    ends = f"{wording.count(len(named), 'open ask')} may end: {'; '.join(named)}." if named else ""
    return " ".join(part for part in (down, ends) if part) or "It is used nowhere, and no ask stands on it."


def _is_staff(row: Grant, reader: Any) -> bool:
    return part_of(reader, row) == GrantPart.STAFF


def _allowed(event: str) -> Callable[[Any, Any], bool]:
    def applies(row: Any, reader: Any) -> bool:
        return _is_staff(row, reader) and any(move.event == event for move in moves_from(row.state, GrantPart.STAFF))

    return applies


def _give(row: Grant, answers: Answers, by: Any, at: Any, *, with_limits: bool = False) -> Grant:
    proof = Proof(answers["kind"], answers["text"].strip())
    return grants.give_grant(grant=row, by=by, at=at, proof=proof, with_limits=with_limits)


WITHDRAW = Act(
    "withdraw",
    _LABELS["withdraw"],
    "From now on nothing is covered by it. What stands on it must come down, and asks that lose their key end.",
    "Withdrawn. What stood on it is on the list of takedowns.",
    lambda row, answers, by, at: grants.withdraw_grant(grant=row, by=by, at=at, reason=answers["reason"]),
    _allowed("withdraw"),
    form=WithdrawForm,
    tone="danger",
    reach=reach_of,
)
REFUSE = Act(
    "refuse",
    _LABELS["refuse"],
    "The grantor said no, and you write it down on their word.",
    "Written down as refused.",
    lambda row, answers, by, at: grants.refuse_grant(grant=row, by=by, at=at, reason=answers["reason"]),
    _allowed("refuse"),
    form=RefuseForm,
    tone="danger",
)
USE = Act(
    "use",
    "Record a place of use",
    "What stands there is named when this grant ends, and must then come down.",
    "Recorded.",
    lambda row, answers, by, at: use_grant(grant=row, place=Place(**answers), by=by, at=at),
    lambda row, reader: row.state in GIVEN and _is_staff(row, reader),
    form=PlaceForm,
)
SEND = Act(
    "send",
    _LABELS["send"],
    "You say that it is put to its grantor now.",
    "Sent. It waits for its grantor.",
    lambda row, answers, by, at: grants.send_grant(grant=row, by=by, at=at),
    _allowed("send"),
)
GIVE_WITH_LIMITS = Act(
    "give-with-limits",
    _LABELS["grant_with_limits"],
    "The grantor gave it within the limits that stand here. Its terms do not change any more; a newer grant of the same"
    " scope replaces it.",
    "Given with limits.",
    lambda row, answers, by, at: _give(row, answers, by, at, with_limits=True),
    _allowed("grant_with_limits"),
    form=GiveForm,
)
GIVE = Act(
    "give",
    _LABELS["grant"],
    "The grantor gave it. Its terms do not change any more; a newer grant of the same scope replaces it.",
    "Given.",
    _give,
    _allowed("grant"),
    form=GiveForm,
    tone="primary",
)
GRANT_ACTS = (WITHDRAW, REFUSE, USE, SEND, GIVE_WITH_LIMITS, GIVE)


def _may_close(row: Any, reader: Any) -> bool:
    is_ours = _is_staff(row.grant_use.grant, reader) or row.owner_id == reader.pk
    return row.closed_at is None and is_ours


CLOSE = Act(
    "close",
    "It is down",
    "You say that it no longer stands there, and how you know. The place is closed with it.",
    "Closed: it is down.",
    lambda row, answers, by, at: close_takedown(task=row, by=by, at=at, note=answers["note"]),
    _may_close,
    form=DownForm,
    tone="primary",
)
