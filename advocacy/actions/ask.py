"""The one door through which anybody of ours puts an ask to a champion, and the log of asks made outside.

The door locks the minutes of the account and the champion, judges every gate on what was committed by then, and writes
the ask with what was known, its reservation in the ledger and its event: all or nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction

from accounts.models import Account, Opportunity, User
from accounts.sync.locks import hold_merges_off
from advocacy.actions.champion import rest_champion
from advocacy.actions.meters import lock_meters
from advocacy.asks.parts import AskActor, may_ask_champion, may_override, name_of_asker
from advocacy.choices import (
    ASK_MINUTES,
    LOG_DAYS_BACK,
    OVERRIDE_REASON_LENGTH,
    AskChannel,
    AskState,
    EffortBucket,
    Gate,
    LoggedOutcome,
    Standing,
    WeightSetState,
)
from advocacy.effort import capacity_of
from advocacy.errors import (
    AskRefused,
    ExternalIdTaken,
    GateNotOverridable,
    MinutesOutOfRange,
    OverrideReason,
    UnknownGate,
    UseNotAskable,
    WrongDay,
)
from advocacy.gates import FailingGate, Reward, champion_is_eligible
from advocacy.grants.coverage import Plan
from advocacy.models import Ask, AskOverride, Champion, EffortEntry, Readiness, ReadinessModel, UseRule
from advocacy.prospects import prospect_of
from advocacy.readiness.willingness import willingness_of
from clg.errors import NotAllowed
from clg.events.outbox import emit


@dataclass(frozen=True)
class Need:
    """What an ask is for: words, the prospect and deal it serves, what is planned, what the person would get."""

    text: str = ""
    prospect: Account | None = None
    opportunity: Opportunity | None = None
    plan: Plan = field(default_factory=Plan)
    reward: Reward | None = None

    @property
    def served(self) -> Account | None:
        return self.prospect or (self.opportunity.account if self.opportunity else None)


@transaction.atomic
def reserve_ask(
    *,
    champion: Champion,
    use: str,
    by: AskActor,
    at: dt.datetime,
    need: Need | None = None,
    minutes: int | None = None,
    overrides: Mapping[str, str] | None = None,
    public_id: uuid.UUID | None = None,
) -> Ask:
    """Reserve the minutes of an ask, before anything is sent. Minutes default to the use's.

    `public_id` only where the caller derives our name of a new row.

    Raises `UseNotAskable`, `MinutesOutOfRange`, `NotAllowed`, `OverrideReason`, `UnknownGate`, `GateNotOverridable`,
    `AskRefused` with every failing gate.
    """
    need, overrides = need or Need(), overrides or {}
    takes = _minutes(use, minutes)
    _check_overrides(overrides, by)
    hold_merges_off()
    lock_meters([champion.pk])
    champion = Champion.objects.select_related("account", "contact").get(pk=champion.pk)
    if not may_ask_champion(by, champion):
        raise NotAllowed("Marketers and the CSM of the account put asks to a champion.")
    failing = _judge(champion, use, at, need, takes)
    _refuse(failing, overrides)
    passed = [gate.code for gate in failing]
    ask = _new_ask(champion, use, by, at, need, takes, public_id)
    ask.gates = passed
    for name, value in _known_now(champion, use, at).items():
        setattr(ask, name, value)
    ask.save()
    add_minutes(ask, EffortBucket.RESERVED, takes, at.astimezone(dt.UTC).date(), by=by, at=at)
    if passed and isinstance(by, User):
        AskOverride.objects.bulk_create(
            AskOverride(ask=ask, gate=code, reason=overrides[code].strip(), by=by, at=at) for code in passed
        )
        tell_ask("ask.overridden", ask)
    tell_ask("ask.reserved", ask)
    return ask


def _minutes(use: str, minutes: int | None) -> int:
    rule = UseRule.objects.get(use=use)
    if rule.minutes is None:
        raise UseNotAskable
    low, high = ASK_MINUTES
    if minutes is not None and not low <= minutes <= high:
        raise MinutesOutOfRange
    return rule.minutes if minutes is None else minutes


def _check_overrides(overrides: Mapping[str, str], by: AskActor) -> None:
    low, high = OVERRIDE_REASON_LENGTH
    for gate, reason in overrides.items():
        if gate not in Gate.values:
            raise UnknownGate(gate)
        if not low <= len(reason.strip()) <= high:
            raise OverrideReason(gate)
    if overrides and not may_override(by):
        raise NotAllowed("Only customer marketers pass over a gate.")


def _judge(champion: Champion, use: str, at: dt.datetime, need: Need, minutes: int) -> list[FailingGate]:
    served = need.served
    return champion_is_eligible(
        champion.pk,
        use=use,
        at=at,
        prospect=prospect_of(served) if served else None,
        reward=need.reward,
        plan=need.plan,
        minutes=minutes,
    )


def _refuse(failing: Sequence[FailingGate], overrides: Mapping[str, str]) -> None:
    for gate in failing:
        if gate.code in overrides and not gate.overridable:
            raise GateNotOverridable(gate.code, gate.sentence)
    if any(gate.code not in overrides for gate in failing):
        raise AskRefused([told_gate(gate) for gate in failing])


def told_gate(gate: FailingGate) -> dict[str, object]:
    """A gate as answers show it."""
    until = gate.until.isoformat() if gate.until else None
    return {"code": gate.code, "sentence": gate.sentence, "until": until, "overridable": gate.overridable}


def _new_ask(
    champion: Champion,
    use: str,
    by: AskActor,
    at: dt.datetime,
    need: Need,
    minutes: int,
    public_id: uuid.UUID | None,
) -> Ask:
    asker = by if isinstance(by, User) else None
    plan = {name: value for name, value in asdict(need.plan).items() if value and name != "minutes"}
    return Ask(
        public_id=public_id or uuid.uuid4(),
        champion=champion,
        account_id=champion.account_id,
        use=use,
        state=AskState.RESERVED,
        need=need.text.strip(),
        minutes=minutes,
        prospect=need.served,
        opportunity=need.opportunity,
        scope=plan,
        reward_minor=need.reward.amount_minor if need.reward else None,
        reward_currency=need.reward.currency if need.reward else "",
        reward_kind=need.reward.kind if need.reward else "",
        asked_by=asker,
        asked_as=name_of_asker(by),
        team=asker.team if asker else None,
        reserved_at=at,
    )


def _known_now(champion: Champion, use: str, at: dt.datetime) -> dict[str, Any]:
    """What an ask keeps of the moment it was reserved; calibration compares the answer with it."""
    model = ReadinessModel.objects.get(state=WeightSetState.ACTIVE)
    willing = willingness_of([champion.pk], use=use, at=at, model=model)[champion.pk]
    ready = Readiness.objects.filter(champion=champion).first()
    return {
        "readiness": ready.score if ready else None,
        "readiness_band": ready.band if ready else "",
        "confidence": ready.confidence if ready else None,
        "willingness": willing.score,
        "willingness_parts": [
            {"term": part.term, "value": str(part.value), "points": str(part.points)} for part in willing.parts
        ],
        "evidence": willing.evidence,
        "capacity": capacity_of([champion.pk], at=at)[champion.pk].minutes_left,
        "model": model,
    }


# --- Asks made outside the system -----------------------------------------------------------------------------
@dataclass(frozen=True)
class Logged:
    """An ask that somebody made by themselves. `minutes` default to the use's; `done_on` only with outcome done."""

    use: str
    channel: str
    asked_on: dt.date
    outcome: str
    minutes: int | None = None
    done_on: dt.date | None = None
    prospect: Account | None = None
    opportunity: Opportunity | None = None
    note: str = ""
    source: str = ""
    external_id: str = ""
    public_id: uuid.UUID | None = None


@transaction.atomic
def log_ask(*, champion: Champion, logged: Logged, by: AskActor, at: dt.datetime) -> Ask:
    """Write down what has happened: no gate refuses it, and its minutes count. Twice by one name is once.

    Raises `UseNotAskable`, `WrongDay`, `MinutesOutOfRange`, `ExternalIdTaken`.
    """
    takes = _minutes(logged.use, logged.minutes)
    day = _day_of(logged, at)
    hold_merges_off()
    lock_meters([champion.pk])
    champion = Champion.objects.select_related("account", "contact").get(pk=champion.pk)
    if known := _logged_before(logged):
        return _same(known, champion, logged)
    need = Need(logged.note, logged.prospect, logged.opportunity)
    ask = _new_ask(champion, logged.use, by, at, need, takes, logged.public_id)
    ask.state, ask.channel, ask.outcome = AskState.LOGGED, AskChannel(logged.channel), LoggedOutcome(logged.outcome)
    ask.asked_on, ask.done_on = logged.asked_on, logged.done_on
    ask.source, ask.external_id, ask.closed_at = logged.source, logged.external_id, at
    ask.save()
    add_minutes(ask, EffortBucket.CONSUMED, takes, day, by=by, at=at)
    capacity = capacity_of([champion.pk], at=at)[champion.pk]
    ask.over_budget = any((left or 0) < 0 for left in (capacity.person_left, capacity.account_left))
    ask.save(update_fields=["over_budget"])
    if logged.outcome == LoggedOutcome.DONE:
        let_rest(ask, day, at)
    tell_ask("ask.logged", ask)
    return ask


def _day_of(logged: Logged, at: dt.datetime) -> dt.date:
    """The day on which the minutes count."""
    today = at.astimezone(dt.UTC).date()
    if not today - dt.timedelta(days=LOG_DAYS_BACK) <= logged.asked_on <= today:
        raise WrongDay("asked_on", f"An ask is logged up to {LOG_DAYS_BACK} days back, and not ahead.")
    if logged.done_on is not None and logged.outcome != LoggedOutcome.DONE:
        raise WrongDay("done_on", "Only what was done has a day on which it was.")
    if logged.done_on is not None and not logged.asked_on <= logged.done_on <= today:
        raise WrongDay("done_on", "It was done between the day it was asked and today.")
    return logged.done_on or logged.asked_on


def _logged_before(logged: Logged) -> Ask | None:
    if not logged.external_id:
        return None
    return Ask.objects.filter(source=logged.source, external_id=logged.external_id).first()


def _same(known: Ask, champion: Champion, logged: Logged) -> Ask:
    told = (champion.pk, logged.use, logged.outcome, logged.asked_on)
    if told != (known.champion_id, known.use, known.outcome, known.asked_on):
        raise ExternalIdTaken
    return known


# --- What follows ----------------------------------------------------------------------------------
def let_rest(ask: Ask, done_on: dt.date, at: dt.datetime) -> None:
    """The champion rests for the days of the use from the day it was done; a longer rest stays."""
    champion = Champion.objects.select_for_update().get(pk=ask.champion_id)
    rest = UseRule.objects.get(use=ask.use).rest_days
    until = dt.datetime.combine(done_on + dt.timedelta(days=rest), dt.time(), tzinfo=dt.UTC)
    if until <= at or (champion.rests_until is not None and champion.rests_until >= until):
        return
    if champion.standing in (Standing.ACTIVE, Standing.RESTING):
        rest_champion(champion=champion, until=until, by=None, at=at)
    else:
        champion.rests_until = until
        champion.save(update_fields=["rests_until"])


# --- The ledger and the feed ----------------------------------------------------------------------------------
def add_minutes(ask: Ask, bucket: str, minutes: int, on: dt.date, *, by: AskActor, at: dt.datetime) -> None:
    """One entry of the ledger; the caller holds the meters."""
    if minutes:
        EffortEntry.objects.create(
            ask=ask,
            champion_id=ask.champion_id,
            contact_id=ask.contact_id,
            account_id=ask.account_id,
            bucket=bucket,
            minutes=minutes,
            effective_on=on,
            at=at,
            by=name_of_asker(by),
        )


def tell_ask(type: str, ask: Ask) -> None:
    """One event of an ask: ids and codes only."""
    refs = {"account": ask.account.public_id}
    if ask.opportunity_id and ask.opportunity:
        refs["opportunity"] = ask.opportunity.public_id
    emit(type, object_type="ask", object_id=ask.public_id, changed_fields=["state"], refs=refs)
