"""Asking, logging and recording a key from a champion's page: three acts, each one action of the app."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django import forms

from accounts.choices import Outcome
from accounts.models import Opportunity
from accounts.permissions import cares_for
from advocacy.actions.ask import Logged, Need, log_ask, reserve_ask
from advocacy.actions.grant import Proof, give_grant, propose_grant
from advocacy.asks.parts import may_ask_champion, may_override
from advocacy.choices import (
    AskChannel,
    Audience,
    Basis,
    Identity,
    LoggedOutcome,
    ProofKind,
    Standing,
    Use,
)
from advocacy.gates import gates_for
from advocacy.grants.terms import Terms
from advocacy.models import Champion
from advocacy.permissions import may_ask, may_log_asks, may_record_grants
from clg.admin import Act
from clg.admin.acts import RowForm

Answers = Mapping[str, Any]
_DEALS_OFFERED: Final = 200
_DAY = forms.DateInput(attrs={"type": "date"})
_ASKABLE = [(use.value, use.label) for use in Use if use != Use.AI_TRAINING]


class AskForm(RowForm):
    use = forms.ChoiceField(label="What for", choices=_ASKABLE, initial=Use.CALL)
    need = forms.CharField(
        label="What is needed", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    opportunity = forms.ModelChoiceField(label="For which deal", queryset=Opportunity.objects.none(), required=False)
    minutes = forms.IntegerField(
        label="Minutes it takes", min_value=5, max_value=480, required=False, help_text="Empty: as the use says."
    )
    reason = forms.CharField(
        label="Why pass over a gate",
        required=False,
        min_length=10,
        max_length=500,
        help_text="Only marketers, and only for gates that can be passed. Empty: a gate refuses the ask.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        deals: Any = self.fields["opportunity"]
        open_deals = Opportunity.objects.visible_to(self.reader).filter(outcome=Outcome.OPEN, deleted_at=None)
        # A choice that is looked up again cannot be a slice, so the newest are named by key.
        newest = list(open_deals.order_by("-opened_at", "-pk").values_list("pk", flat=True)[:_DEALS_OFFERED])
        deals.queryset = open_deals.filter(pk__in=newest).order_by("name")
        if not may_override(self.reader):
            del self.fields["reason"]


def _ask(row: Champion, answers: Answers, by: Any, at: dt.datetime) -> object:
    overrides = {}
    if answers.get("reason"):
        gates = gates_for([row.pk], use=answers["use"], at=at, minutes=answers["minutes"])[row.pk]
        overrides = {gate.code: answers["reason"] for gate in gates if gate.overridable}
    need = Need(answers["need"], opportunity=answers["opportunity"])
    return reserve_ask(
        champion=row, use=answers["use"], by=by, at=at, need=need, minutes=answers["minutes"], overrides=overrides
    )


class LogForm(forms.Form):
    use = forms.ChoiceField(label="What for", choices=_ASKABLE, initial=Use.CALL)
    channel = forms.ChoiceField(label="How", choices=AskChannel.choices)
    asked_on = forms.DateField(label="Asked on", widget=_DAY)
    outcome = forms.ChoiceField(label="What came of it", choices=LoggedOutcome.choices)
    done_on = forms.DateField(label="Done on", required=False, widget=_DAY, help_text="Only if it was done.")
    minutes = forms.IntegerField(
        label="Minutes it takes", min_value=5, max_value=480, required=False, help_text="Empty: as the use says."
    )
    note = forms.CharField(label="Note", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}))


def _log(row: Champion, answers: Answers, by: Any, at: dt.datetime) -> object:
    names = ("use", "channel", "asked_on", "outcome", "done_on", "minutes", "note")
    return log_ask(champion=row, logged=Logged(**{name: answers[name] for name in names}), by=by, at=at)


class GrantForm(forms.Form):
    grantor = forms.ChoiceField(label="Whose key", choices=[("person", "The person"), ("company", "The company")])
    use = forms.ChoiceField(label="For what", choices=Use.choices, initial=Use.CALL)
    identity = forms.ChoiceField(label="How much may be shown", choices=Identity.choices)
    audiences = forms.MultipleChoiceField(
        label="To whom",
        choices=Audience.choices,
        required=False,
        help_text="None chosen: anybody.",
        widget=forms.CheckboxSelectMultiple,
    )
    valid_until = forms.DateField(label="Last day", required=False, widget=_DAY, help_text="Empty: open.")
    basis = forms.ChoiceField(label="On what ground", choices=Basis.choices)
    proof_kind = forms.ChoiceField(
        label="What shows it", choices=[choice for choice in ProofKind.choices if choice[0] != ProofKind.PORTAL]
    )
    proof_text = forms.CharField(
        label="Their words, or where the proof lies", max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


def _record(row: Champion, answers: Answers, by: Any, at: dt.datetime) -> object:
    terms = Terms(
        valid_from=at.astimezone(dt.UTC).date(),
        valid_until=answers["valid_until"],
        identity=answers["identity"],
        audiences=answers["audiences"],
        basis=answers["basis"],
    )
    of_person = answers["grantor"] == "person"
    whose: dict[str, Any] = {"champion": row} if of_person else {"account": row.account}
    grant = propose_grant(use=answers["use"], terms=terms, by=by, at=at, **whose)
    proof = Proof(answers["proof_kind"], text=answers["proof_text"])
    return give_grant(grant=grant, by=by, at=at, proof=proof, with_limits=terms.has_limits)


def _in_care(row: Champion, reader: Any) -> bool:
    return may_ask_champion(reader, row)


def _may_keep(row: Champion, reader: Any) -> bool:
    return row.standing != Standing.RETIRED and (may_override(reader) or cares_for(reader, row.account))


ASKING_ACTS = (
    Act(
        "log-ask",
        "Log an ask",
        "You write down an ask that was made outside. Nothing refuses it, and its minutes count.",
        "Logged.",
        _log,
        lambda row, reader: row.standing != Standing.RETIRED,
        form=LogForm,
        may=may_log_asks,
    ),
    Act(
        "record-grant",
        "Record a key",
        "You record what the person or the company allows, with what shows it. An older key of the same scope ends.",
        "Recorded.",
        _record,
        _may_keep,
        form=GrantForm,
        may=may_record_grants,
    ),
    Act(
        "ask",
        "Ask",
        "Minutes are reserved now; nothing is sent yet. If a gate forbids it, you are told every reason.",
        "Reserved.",
        _ask,
        lambda row, reader: (
            row.standing in (Standing.ACTIVE, Standing.RESTING, Standing.PAUSED) and _in_care(row, reader)
        ),
        form=AskForm,
        tone="primary",
        may=may_ask,
    ),
)
