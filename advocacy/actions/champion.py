"""Moving champions through the pool, by the table of `advocacy/readiness/standing.py`.

Every move locks the row, checks the table again, writes one history row and one event in its transaction. `by` is one
of our people, the person by signed link, or None for the system.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from accounts.actions.signal import Named, SignalItem, store_signals
from accounts.choices import Lifecycle
from accounts.models import Contact, MergeEvent, User
from accounts.sync.locks import hold_merges_off
from advocacy.choices import ChampionSource, PausedBy, Standing
from advocacy.errors import (
    AlreadyChampion,
    AskedToLeave,
    EndInThePast,
    NoEmailAddress,
    NominationText,
    NotACustomerContact,
    ProofNeeded,
    ReasonText,
    StandingForbids,
    UnknownReason,
)
from advocacy.models import Champion, ChampionEvent
from advocacy.readiness.standing import (
    ASKED_TO_LEAVE_DAYS,
    INVITATION_LAPSES_AFTER,
    NEW,
    NOMINATION_LAPSES_AFTER,
    Actor,
    Advocate,
    Part,
    Transition,
    name_of,
    parts_of,
    transition,
)
from advocacy.waking import wake_scorer
from clg.errors import DomainError, InvalidInput, InvalidTransition, NotAllowed
from clg.events.outbox import Event, emit_all

_WHY_LENGTH: Final = (10, 1000)
_NOTE_LENGTH: Final = 50
_EVENT: Final = {
    Standing.NOMINATED: "champion.nominated",
    Standing.INVITED: "champion.invited",
    Standing.ACTIVE: "champion.activated",
    Standing.RESTING: "champion.rested",
    Standing.PAUSED: "champion.paused",
    Standing.RETIRED: "champion.retired",
}


@transaction.atomic
def nominate_champion(
    *,
    contact: Contact,
    why: str,
    by: Actor,
    at: dt.datetime,
    source: str = ChampionSource.NOMINATION,
    grade: Decimal | int | None = None,
) -> Champion:
    """Puts a contact into the review queue; `grade` 1-5 is kept as a signal of the relationship.

    Raises `AlreadyChampion`, `AskedToLeave`, `NotACustomerContact`, `NominationText`, `NotAllowed`, `InvalidInput`.
    """
    hold_merges_off()
    key = _heirs([contact.pk]).get(contact.pk, contact.pk)
    # The contact's row is the lock of nominations: a champion who is not there yet cannot be locked.
    contact = Contact.objects.select_for_update(of=("self",)).select_related("account").get(pk=key)
    _check_nomination(contact, why, by, at)
    champion = Champion.objects.select_for_update(of=("self",)).filter(contact=contact).first()
    row = _row("nominate", champion, by)
    if champion is None:
        champion = Champion(contact=contact)
    else:
        _check_quiet_year(champion, by, at)
    before, nominator = champion.standing if champion.pk else NEW, by if isinstance(by, User) else None
    columns = _fresh(contact, source, nominator, why) | {"standing": Standing.NOMINATED, "standing_since": at}
    for name, value in columns.items():
        setattr(champion, name, value)
    champion.save(update_fields=list(columns) if champion.pk else None)
    _remember(champion, row, before, "", by, at)
    if grade is not None:
        _store_grade(champion, grade, at)
    return champion


@transaction.atomic
def nominate_unknown(*, contact_ids: Collection[int], why: str, at: dt.datetime) -> dict[int, Champion | DomainError]:
    """The champions of contacts by contact id; who was never in the pool is nominated by the system, many at once.

    In place of a champion stands why somebody cannot be nominated. Of a contact merged away the winner is meant.
    """
    hold_merges_off()
    heirs = _heirs(contact_ids)
    found = _found_or_nominated({heirs.get(key, key) for key in contact_ids}, why, at)
    return {key: found[heirs.get(key, key)] for key in contact_ids}


def _heirs(contact_ids: Collection[int]) -> dict[int, int]:
    return MergeEvent.objects.heirs_of(contact=contact_ids)["contact"]


def _found_or_nominated(contact_ids: Collection[int], why: str, at: dt.datetime) -> dict[int, Champion | DomainError]:
    answer: dict[int, Champion | DomainError] = {**_by_contact(contact_ids)}
    if answer.keys() == set(contact_ids):
        return answer
    # The contacts' rows are the lock, as in `nominate_champion`.
    rows = Contact.objects.select_for_update(of=("self",)).select_related("account").order_by("pk")
    contacts = list(rows.filter(pk__in=set(contact_ids) - answer.keys()))
    answer |= _by_contact([contact.pk for contact in contacts])
    news = []
    for contact in contacts:
        if contact.pk not in answer:
            try:
                _check_nomination(contact, why, None, at)
            except DomainError as error:
                answer[contact.pk] = error
            else:
                columns = _fresh(contact, ChampionSource.NOMINATION, None, why)
                news.append(Champion(contact=contact, standing=Standing.NOMINATED, standing_since=at, **columns))
    if news:
        Champion.objects.bulk_create(news)
        _remember_all(news, _row("nominate", None, None), NEW, "", None, at)
    return answer | {champion.contact_id: champion for champion in news}


def _by_contact(contact_ids: Collection[int]) -> dict[int, Champion]:
    return {champion.contact_id: champion for champion in Champion.objects.filter(contact__in=contact_ids)}


def _check_nomination(contact: Contact, why: str, by: Actor, at: dt.datetime) -> None:
    account = contact.account
    gone = contact.is_deleted or (contact.left_on is not None and contact.left_on <= at.date())
    if gone or account is None or account.is_deleted or account.lifecycle != Lifecycle.CUSTOMER:
        raise NotACustomerContact
    low, high = _WHY_LENGTH
    if isinstance(by, User) and not low <= len(why.strip()) <= high:
        raise NominationText


def _check_quiet_year(champion: Champion, by: Actor, at: dt.datetime) -> None:
    until = champion.standing_since + dt.timedelta(days=ASKED_TO_LEAVE_DAYS)
    if champion.standing_reason == "asked_to_leave" and not isinstance(by, Advocate) and at < until:
        raise AskedToLeave(until)


def _fresh(contact: Contact, source: str, nominator: User | None, why: str) -> dict[str, Any]:
    """The columns of a nomination, also of one who comes back: nothing of the former membership stands."""
    return {
        "account": contact.account,
        "source": source,
        "nominated_by": nominator,
        "nomination_text": why.strip(),
        "standing_reason": "",
        "rests_until": None,
        "paused_until": None,
        "paused_by": "",
        "reviewed_by": None,
        "reviewed_at": None,
        "invited_at": None,
        "joined_at": None,
    }


def _store_grade(champion: Champion, grade: Decimal | int, at: dt.datetime) -> None:
    item = SignalItem("relationship", grade, at, contact=Named(pk=champion.contact_id))
    (result,) = store_signals([item], source="nomination", at=at)
    if result.errors:
        raise InvalidInput(result.errors[0].detail, errors=result.errors)


def invite_champion(*, champion: Champion, by: Actor, at: dt.datetime) -> Champion:
    """Accepts a nomination and invites. Raises `NoEmailAddress`, `InvalidTransition`, `NotAllowed`."""
    if not champion.contact.email:
        raise NoEmailAddress
    return _move(champion, "invite", by=by, at=at, invited_at=at, **_review(by, at))


def reject_champion(*, champion: Champion, reason: str, by: Actor, at: dt.datetime, note: str = "") -> Champion:
    """Turns a nomination down; `other` needs a note. Raises `UnknownReason`, `ReasonText`, `InvalidTransition`."""
    if reason == "other" and not 1 <= len(note.strip()) <= _NOTE_LENGTH:
        raise ReasonText
    return _move(champion, "reject", by=by, at=at, reason=reason, note=note, **_review(by, at))


def _review(by: Actor, at: dt.datetime) -> dict[str, Any]:
    return {"reviewed_by": by if isinstance(by, User) else None, "reviewed_at": at}


def join_pool(*, champion: Champion, by: Actor, at: dt.datetime, proof: str = "") -> Champion:
    """The person accepts, or a marketer says how they did. Raises `ProofNeeded`, `InvalidTransition`."""
    if isinstance(by, User) and not 1 <= len(proof.strip()) <= _NOTE_LENGTH:
        raise ProofNeeded
    return _move(champion, "join", by=by, at=at, note=proof, joined_at=at)


def decline_invitation(*, champion: Champion, by: Actor, at: dt.datetime) -> Champion:
    return _move(champion, "decline", by=by, at=at, reason="declined_invitation")


def lapse_champion(*, champion: Champion, at: dt.datetime) -> Champion:
    """Ends a nomination or an invitation that waited too long."""
    reason = "no_answer" if champion.standing == Standing.INVITED else "nomination_lapsed"
    return _move(champion, "lapse", by=None, at=at, reason=reason)


def rest_champion(*, champion: Champion, until: dt.datetime, by: Actor, at: dt.datetime) -> Champion:
    """Leaves somebody alone until a moment. Raises `EndInThePast`, `InvalidTransition`."""
    if until <= at:
        raise EndInThePast("rests_until")
    return _move(champion, "rest", by=by, at=at, rests_until=until)


@transaction.atomic
def wake_champion(*, champion: Champion, by: Actor, at: dt.datetime) -> Champion:
    """Ends a rest; the system only when its time has come."""
    champion = _locked(champion)
    if by is None and champion.rests_until is not None and champion.rests_until > at:
        raise StandingForbids("wake", champion.standing)
    return _move(champion, "wake", by=by, at=at, rests_until=None)


def pause_champion(*, champion: Champion, until: dt.datetime | None, by: Actor, at: dt.datetime) -> Champion:
    """Stops all asks, with or without an end. Raises `EndInThePast`, `InvalidTransition`."""
    if until is not None and until <= at:
        raise EndInThePast("paused_until")
    paused_by = PausedBy.PERSON if isinstance(by, Advocate) else PausedBy.STAFF
    return _move(champion, "pause", by=by, at=at, paused_until=until, paused_by=paused_by)


@transaction.atomic
def resume_champion(*, champion: Champion, by: Actor, at: dt.datetime) -> Champion:
    """Ends a pause, back into a rest that is not over. A pause of the person's own, only they end before its time."""
    champion = _locked(champion)
    is_over = champion.paused_until is not None and champion.paused_until <= at
    if isinstance(by, User) and champion.paused_by == PausedBy.PERSON:
        raise NotAllowed("This person paused by their own wish; only they can resume.")
    if by is None and not is_over:
        raise StandingForbids("resume", champion.standing)
    rests = champion.rests_until is not None and champion.rests_until > at
    target = Standing.RESTING if rests else Standing.ACTIVE
    kept: dict[str, Any] = {} if rests else {"rests_until": None}
    return _move(champion, "resume", target, by=by, at=at, paused_until=None, paused_by="", **kept)


def retire_champion(*, champion: Champion, reason: str, by: Actor, at: dt.datetime) -> Champion:
    """Takes somebody out of the pool; the row stays. Raises `UnknownReason`, `InvalidTransition`."""
    return _move(champion, "retire", by=by, at=at, reason=reason)


@transaction.atomic
def confirm_champion(*, champion: Champion, by: Actor, at: dt.datetime) -> Champion:
    """Says that what we know of the person is still right; no move of standing."""
    if not parts_of(by) & {Part.PERSON, Part.MARKETER, Part.CSM}:
        raise NotAllowed("Marketers, the CSM of the account and the person confirm.")
    champion = _locked(champion)
    champion.confirmed_at, champion.confirmed_by = at, by if isinstance(by, User) else None
    champion.save(update_fields=["confirmed_at", "confirmed_by"])
    return champion


def move_standings(*, at: dt.datetime) -> dict[str, int]:
    """Wakes, resumes and lapses whoever's time has come; answers how many of each."""
    due = {
        "wake": Champion.objects.rest_over(at),
        "resume": Champion.objects.pause_over(at),
        "lapse": Champion.objects.lapsed(nominated=at - NOMINATION_LAPSES_AFTER, invited=at - INVITATION_LAPSES_AFTER),
    }
    return {
        action: sum(_move_if_due(action, pk, at) for pk in rows.values_list("pk", flat=True))
        for action, rows in due.items()
    }


def _move_if_due(action: str, pk: int, at: dt.datetime) -> bool:
    """Moves one champion, unless somebody else was faster."""
    champion = Champion.objects.get(pk=pk)
    try:
        if action == "wake":
            wake_champion(champion=champion, by=None, at=at)
        elif action == "resume":
            resume_champion(champion=champion, by=None, at=at)
        else:
            lapse_champion(champion=champion, at=at)
    except InvalidTransition:
        return False
    return True


@transaction.atomic
def _move(
    champion: Champion,
    action: str,
    target: str = "",
    *,
    by: Actor,
    at: dt.datetime,
    reason: str = "",
    note: str = "",
    **columns: Any,
) -> Champion:
    champion = _locked(champion)
    row = _row(action, champion, by, target)
    if row.reasons and reason not in row.reasons:
        raise UnknownReason(row.reasons)
    before, why = champion.standing, f"{reason}: {note.strip()}".strip(": ") if note else reason
    columns |= {"standing": row.target, "standing_since": at, "standing_reason": why if row.reasons else ""}
    for name, value in columns.items():
        setattr(champion, name, value)
    champion.save(update_fields=list(columns))
    _remember(champion, row, before, why, by, at)
    return champion


def _locked(champion: Champion) -> Champion:
    return Champion.objects.select_for_update(of=("self",)).select_related("contact", "account").get(pk=champion.pk)


def _row(action: str, champion: Champion | None, by: Actor, target: str = "") -> Transition:
    """The row that allows the move. Raises `InvalidTransition` or `NotAllowed`."""
    source = champion.standing if champion else NEW
    row = transition(action, source, target)
    if row is None:
        raise AlreadyChampion if action == "nominate" else StandingForbids(action, source)
    if not row.who & parts_of(by):
        raise NotAllowed(f"{row.label}: only for {', '.join(sorted(row.who))}.")
    return row


def _remember(champion: Champion, row: Transition, before: str, reason: str, by: Actor, at: dt.datetime) -> None:
    _remember_all([champion], row, before, reason, by, at)


def _remember_all(
    champions: Sequence[Champion], row: Transition, before: str, reason: str, by: Actor, at: dt.datetime
) -> None:
    """History and events of the same move of these champions; their contacts and accounts are at hand."""
    ChampionEvent.objects.bulk_create(
        ChampionEvent(
            champion=champion,
            action=row.action,
            from_standing=before,
            to_standing=row.target,
            reason=reason,
            actor=name_of(by),
            at=at,
        )
        for champion in champions
    )
    keys = [champion.pk for champion in champions]
    versions = dict(Champion.objects.filter(pk__in=keys).values_list("pk", "version"))
    emit_all(_event(champion, row, versions[champion.pk]) for champion in champions)
    wake_scorer()


def _event(champion: Champion, row: Transition, version: int) -> Event:
    return Event(
        _EVENT[Standing(row.target)],
        "champion",
        champion.public_id,
        version=version,
        changed_fields=["standing"],
        refs={"account": champion.account.public_id, "contact": champion.contact.public_id},
    )
