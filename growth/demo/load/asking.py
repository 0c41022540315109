"""Keys and asks of the demo, each through the action that people use; what a gate refuses is refused here as well."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from accounts.choices import Role
from accounts.models import User
from advocacy.actions.answering import (
    accept_ask,
    complete_ask,
    decline_ask,
    expire_ask,
    postpone_ask,
    send_ask,
    withdraw_ask,
)
from advocacy.actions.ask import Logged, Need, log_ask, reserve_ask
from advocacy.actions.champion import move_standings
from advocacy.actions.grant import Proof, give_grant, propose_grant
from advocacy.choices import Grantor, LoggedOutcome
from advocacy.errors import AskRefused
from advocacy.gates import gates_for
from advocacy.grants.terms import Terms
from advocacy.models import Ask, Champion
from advocacy.readiness.standing import Advocate as ByLink
from growth.demo.asking import Asked, Key, LoggedAsk
from growth.demo.people import emails
from growth.demo.seed import Seed
from growth.demo.tenant import Tenant

_PERSON = ByLink("link:demo")


def load_asking(seed: Seed, tenant: Tenant, champions: Mapping[str, Champion], users: Mapping[str, User]) -> None:
    """Keys first, then asks in order of time, then the log; rests that are over end on their day."""
    marketer = users[emails(list(tenant.people), Role.MARKETER)[0]]
    load_keys(seed, tenant.keys, champions, marketer)
    load_asks(seed, tenant.asks, champions, marketer)
    load_logged(seed, tenant.logged, champions, marketer)
    move_standings(at=seed.at)


def load_keys(seed: Seed, keys: Sequence[Key], champions: Mapping[str, Champion], marketer: User) -> None:
    """The person gives theirs by link; the company's is recorded with what shows it."""
    for number, key in enumerate(keys):
        champion = champions[key.champion_key]
        terms = Terms(
            valid_from=key.at.date(), valid_until=key.until, identity=key.identity, signer_authority=key.authority
        )
        is_person = key.grantor == Grantor.PERSON
        whose: dict[str, Any] = {"champion": champion} if is_person else {"account": champion.account}
        grant = propose_grant(
            use=key.use, terms=terms, by=marketer, at=key.at, public_id=seed.public_id("grant", str(number)), **whose
        )
        give_grant(
            grant=grant,
            by=_PERSON if is_person else marketer,
            at=key.at,
            proof=Proof(key.proof, text="Made up for the demo"),
            with_limits=terms.has_limits,
        )


def load_asks(seed: Seed, asks: Sequence[Asked], champions: Mapping[str, Champion], marketer: User) -> int:
    """Asks in order of time; answers how many the gates refused."""
    refused = 0
    for number, asked in enumerate(asks):
        move_standings(at=asked.at)
        ask = _put(asked, champions[asked.champion_key], marketer, seed.public_id("ask", str(number)))
        if ask is None:
            refused += 1
        else:
            _end(ask, asked, marketer)
    return refused


def _put(asked: Asked, champion: Champion, marketer: User, public_id: uuid.UUID) -> Ask | None:
    overrides = {}
    if asked.reason:
        gates = gates_for([champion.pk], use=asked.use, at=asked.at)[champion.pk]
        overrides = {gate.code: asked.reason for gate in gates if gate.overridable}
    need = Need(asked.need)
    try:
        return reserve_ask(
            champion=champion,
            use=asked.use,
            by=marketer,
            at=asked.at,
            need=need,
            overrides=overrides,
            public_id=public_id,
        )
    except AskRefused:
        return None


def _end(ask: Ask, asked: Asked, marketer: User) -> None:
    soon, later = asked.at + dt.timedelta(minutes=20), asked.at + dt.timedelta(hours=20)
    if asked.end == "withdrawn":
        withdraw_ask(ask=ask, by=marketer, at=soon)
        return
    ask = send_ask(ask=ask, by=marketer, at=soon)
    if asked.end == "declined":
        decline_ask(ask=ask, reason=asked.decline, by=_PERSON, at=later)
    elif asked.end == "later":
        postpone_ask(ask=ask, until=asked.at.date() + dt.timedelta(days=30), by=_PERSON, at=later)
    elif asked.end == "expired":
        expire_ask(ask=ask, at=asked.at + dt.timedelta(days=10))
    elif asked.end in ("accepted", "done"):
        ask = accept_ask(ask=ask, by=_PERSON, at=later)
        if asked.end == "done":
            _finish(ask, asked, marketer)


def _finish(ask: Ask, asked: Asked, marketer: User) -> None:
    done = asked.at + dt.timedelta(days=7)
    complete_ask(ask=ask, actual_minutes=asked.actual_minutes, done_on=done.date(), by=marketer, at=done)


def load_logged(seed: Seed, logged: Sequence[LoggedAsk], champions: Mapping[str, Champion], marketer: User) -> None:
    for number, row in enumerate(logged):
        done_on = row.asked_on + dt.timedelta(days=1) if row.outcome == LoggedOutcome.DONE else None
        told = Logged(
            row.use,
            row.channel,
            row.asked_on,
            row.outcome,
            done_on=done_on,
            public_id=seed.public_id("log", str(number)),
        )
        log_ask(champion=champions[row.champion_key], logged=told, by=marketer, at=row.at)
