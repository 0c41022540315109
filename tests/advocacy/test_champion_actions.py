"""Every move of the table, every refusal; each move leaves one history row and one event."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.choices import Lifecycle
from accounts.models import Contact, Signal
from advocacy.actions import champion as actions
from advocacy.choices import Standing
from advocacy.errors import AlreadyChampion, AskedToLeave
from advocacy.models import Champion, ChampionEvent
from advocacy.readiness.standing import TRANSITIONS, Advocate, actions_from, nomination_age
from clg.errors import DomainError, InvalidInput, InvalidTransition, NotAllowed
from clg.models import OutboxEvent
from tests.factories.accounts import AccountFactory, ContactFactory, CustomerFactory
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 6, 17, 13, 30, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(days=30)
PERSON = Advocate("link:9")
STATES = {
    "nominated": {},
    "invited": {},
    "active": {},
    "resting": {"rests_until": LATER},
    "paused": {"paused_by": "staff"},
    "retired": {"standing_reason": "inactive"},
}


@pytest.fixture
def contact():
    return ContactFactory(account=CustomerFactory(), email="ada@customer.example")


def _champion(standing, **fields):
    fields = {**STATES[standing], **fields}
    return ChampionFactory(standing=standing, contact__email="ada@customer.example", **fields)


def _calls(by):
    """Each action with arguments that are right wherever the table allows it."""
    return {
        "invite": lambda row: actions.invite_champion(champion=row, by=by, at=AT),
        "reject": lambda row: actions.reject_champion(champion=row, reason="not_needed", by=by, at=AT),
        "lapse": lambda row: actions.lapse_champion(champion=row, at=AT),
        "join": lambda row: actions.join_pool(champion=row, by=by, at=AT, proof="by phone"),
        "decline": lambda row: actions.decline_invitation(champion=row, by=PERSON, at=AT),
        "rest": lambda row: actions.rest_champion(champion=row, until=LATER, by=by, at=AT),
        "wake": lambda row: actions.wake_champion(champion=row, by=by, at=AT),
        "pause": lambda row: actions.pause_champion(champion=row, until=LATER, by=by, at=AT),
        "resume": lambda row: actions.resume_champion(champion=row, by=by, at=AT),
        "retire": lambda row: actions.retire_champion(champion=row, reason="inactive", by=by, at=AT),
    }


ACTIONS = ["invite", "reject", "lapse", "join", "decline", "rest", "wake", "pause", "resume", "retire"]
ALLOWED = {(source, row.action) for row in TRANSITIONS for source in row.sources if row.action != "nominate"}
TARGETS = {(source, row.action): row.target for row in reversed(TRANSITIONS) for source in row.sources}


@pytest.mark.parametrize(("standing", "action"), sorted(ALLOWED))
def test_move_of_the_table_is_made_and_remembered(marketer, standing, action):
    champion = _champion(standing)

    moved = _calls(marketer)[action](champion)

    assert moved.standing == Champion.objects.get().standing == TARGETS[standing, action]
    event = ChampionEvent.objects.get()
    assert (event.action, event.from_standing, event.to_standing, event.at) == (action, standing, moved.standing, AT)
    told = OutboxEvent.objects.get()
    assert (told.object_type, told.object_id) == ("champion", champion.public_id)
    assert told.type == actions._EVENT[Standing(moved.standing)]


@pytest.mark.parametrize(
    ("standing", "action"),
    sorted({(standing, action) for standing in STATES for action in ACTIONS} - ALLOWED),
)
def test_any_other_move_is_refused_with_the_present_state(marketer, standing, action):
    champion = _champion(standing)

    with pytest.raises(InvalidTransition) as refused:
        _calls(marketer)[action](champion)

    assert (refused.value.code, refused.value.data) == ("invalid_transition", {"standing": standing})
    assert Champion.objects.get().standing == standing
    assert not ChampionEvent.objects.exists()
    assert not OutboxEvent.objects.exists()


@pytest.mark.parametrize("action", ["invite", "reject", "join", "rest", "wake", "pause", "resume", "retire"])
def test_sales_move_nobody(seller, action):
    standing = next(standing for standing, name in sorted(ALLOWED) if name == action)
    champion = _champion(standing)

    with pytest.raises(NotAllowed):
        _calls(seller)[action](champion)

    assert Champion.objects.get().standing == standing


def test_nomination_puts_a_contact_into_the_queue(csm, contact):
    champion = actions.nominate_champion(contact=contact, why="Knows the product well", by=csm, at=AT, grade=4)

    assert (champion.standing, champion.account, champion.nominated_by) == ("nominated", contact.account, csm)
    assert (champion.nomination_text, champion.standing_since) == ("Knows the product well", AT)
    event = ChampionEvent.objects.get()
    assert (event.from_standing, event.to_standing, event.actor) == ("", "nominated", f"user:{csm.pk}")
    grade = Signal.objects.get()
    assert (grade.kind, grade.contact, grade.source, str(grade.value)) == (
        "relationship",
        contact,
        "nomination",
        "75.00",
    )


def test_wrong_grade_keeps_the_nomination_out(csm, contact):
    with pytest.raises(InvalidInput, match="between 1 and 5"):
        actions.nominate_champion(contact=contact, why="Knows the product well", by=csm, at=AT, grade=6)

    assert not Champion.objects.exists()


@pytest.mark.parametrize("why", ["too short", "x" * 1001])
def test_nomination_needs_a_sentence(csm, contact, why):
    with pytest.raises(InvalidInput) as refused:
        actions.nominate_champion(contact=contact, why=why, by=csm, at=AT)

    assert refused.value.errors[0].pointer == "/why"


@pytest.mark.parametrize(
    "change",
    [
        lambda contact: setattr(contact, "account", AccountFactory(lifecycle=Lifecycle.PROSPECT)),
        lambda contact: setattr(contact, "account", None),
        lambda contact: setattr(contact, "left_on", AT.date()),
        lambda contact: setattr(contact, "deleted_at", AT),
    ],
    ids=["prospect", "no account", "left today", "deleted"],
)
def test_only_people_at_customers_are_nominated(csm, contact, change):
    change(contact)
    contact.save()

    with pytest.raises(InvalidInput) as refused:
        actions.nominate_champion(contact=contact, why="Knows the product well", by=csm, at=AT)

    assert refused.value.code == "not_a_customer_contact"


@pytest.mark.parametrize("standing", ["nominated", "invited", "active", "resting", "paused"])
def test_member_of_the_pool_is_not_nominated_again(csm, standing):
    champion = _champion(standing)

    with pytest.raises(AlreadyChampion):
        actions.nominate_champion(contact=champion.contact, why="Knows the product well", by=csm, at=AT)


def test_retired_champion_comes_back_as_a_nomination(csm):
    champion = _champion("retired", rests_until=LATER, joined_at=AT)

    back = actions.nominate_champion(contact=champion.contact, why="Back in the project", by=csm, at=AT)

    assert (back.pk, back.standing, back.standing_reason) == (champion.pk, "nominated", "")
    assert (back.rests_until, back.joined_at) == (None, None)


@pytest.mark.parametrize(("days", "allowed"), [(364, False), (365, True)])
def test_who_asked_to_leave_is_left_alone_for_a_year(csm, days, allowed):
    since = AT - dt.timedelta(days=days)
    champion = _champion("retired", standing_reason="asked_to_leave", standing_since=since)

    try:
        actions.nominate_champion(contact=champion.contact, why="Knows the product well", by=csm, at=AT)
        nominated = True
    except AskedToLeave:
        nominated = False

    assert nominated is allowed


def test_the_person_may_come_back_any_day():
    champion = _champion("retired", standing_reason="asked_to_leave", standing_since=AT)

    assert actions.nominate_champion(contact=champion.contact, why="", by=PERSON, at=AT).standing == "nominated"


def test_invitation_needs_an_address(marketer):
    champion = ChampionFactory(standing="nominated", contact__email="")

    with pytest.raises(InvalidInput) as refused:
        actions.invite_champion(champion=champion, by=marketer, at=AT)

    assert refused.value.code == "no_email_address"


def test_review_is_remembered(marketer):
    champion = actions.invite_champion(champion=_champion("nominated"), by=marketer, at=AT)

    assert (champion.reviewed_by, champion.reviewed_at, champion.invited_at) == (marketer, AT, AT)


def test_rejection_keeps_its_reason(marketer):
    champion = actions.reject_champion(
        champion=_champion("nominated"), reason="other", note="Speaks for a rival", by=marketer, at=AT
    )

    assert (champion.standing_reason, ChampionEvent.objects.get().reason) == ("other: Speaks for a rival",) * 2


@pytest.mark.parametrize(("reason", "code"), [("other", "invalid_length"), ("boring", "unknown_reason")])
def test_rejection_without_a_reason_is_refused(marketer, reason, code):
    with pytest.raises(InvalidInput) as refused:
        actions.reject_champion(champion=_champion("nominated"), reason=reason, by=marketer, at=AT)

    assert refused.value.code == code
    assert Champion.objects.get().standing == "nominated"


def test_marketer_lets_in_only_with_proof(marketer):
    with pytest.raises(InvalidInput):
        actions.join_pool(champion=_champion("invited"), by=marketer, at=AT)


def test_person_joins_by_their_own_word():
    champion = actions.join_pool(champion=_champion("invited"), by=PERSON, at=AT)

    assert (champion.standing, champion.joined_at, ChampionEvent.objects.get().actor) == ("active", AT, "link:9")


@pytest.mark.parametrize("call", [actions.rest_champion, actions.pause_champion])
def test_end_must_lie_ahead(marketer, call):
    with pytest.raises(InvalidInput) as refused:
        call(champion=_champion("active"), until=AT, by=marketer, at=AT)

    assert refused.value.code == "not_in_the_future"


def test_staff_do_not_end_the_pause_of_a_person(marketer):
    champion = _champion("paused", paused_by="person")

    with pytest.raises(NotAllowed, match="only they can resume"):
        actions.resume_champion(champion=champion, by=marketer, at=AT)

    assert actions.resume_champion(champion=champion, by=PERSON, at=AT).standing == "active"


@pytest.mark.parametrize(("until", "standing"), [(LATER, "resting"), (AT, "active"), (None, "active")])
def test_resuming_goes_back_into_a_rest_that_is_not_over(marketer, until, standing):
    champion = actions.resume_champion(champion=_champion("paused", rests_until=until), by=marketer, at=AT)

    assert (champion.standing, champion.paused_by, champion.paused_until) == (standing, "", None)


def test_standings_move_when_their_time_has_come():
    soon = AT + dt.timedelta(seconds=1)
    rows = {
        "woken": _champion("resting", rests_until=AT),
        "rests": _champion("resting", rests_until=soon),
        "resumed": _champion("paused", paused_until=AT),
        "open": _champion("paused"),
        "lapsed": _champion("nominated", standing_since=AT - dt.timedelta(days=60)),
        "waits": _champion("nominated", standing_since=soon - dt.timedelta(days=60)),
        "silent": _champion("invited", standing_since=AT - dt.timedelta(days=30)),
        "thinks": _champion("invited", standing_since=soon - dt.timedelta(days=30)),
    }

    first, second = actions.move_standings(at=AT), actions.move_standings(at=AT)

    assert (first, second) == ({"wake": 1, "resume": 1, "lapse": 2}, {"wake": 0, "resume": 0, "lapse": 0})
    ends = {name: Champion.objects.get(pk=row.pk) for name, row in rows.items()}
    assert {name: (row.standing, row.standing_reason) for name, row in ends.items()} == {
        "woken": ("active", ""),
        "rests": ("resting", ""),
        "resumed": ("active", ""),
        "open": ("paused", ""),
        "lapsed": ("retired", "nomination_lapsed"),
        "waits": ("nominated", ""),
        "silent": ("retired", "no_answer"),
        "thinks": ("invited", ""),
    }


@pytest.mark.parametrize("asks", [actions.wake_champion, actions.resume_champion])
def test_system_does_not_hurry(asks):
    champion = _champion("resting" if asks is actions.wake_champion else "paused", paused_until=LATER)

    with pytest.raises(InvalidTransition):
        asks(champion=champion, by=None, at=AT)


def test_confirming_moves_no_standing(csm):
    champion = actions.confirm_champion(champion=_champion("active"), by=csm, at=AT)

    assert (champion.confirmed_at, champion.confirmed_by, champion.standing) == (AT, csm, "active")
    assert not ChampionEvent.objects.exists()


def test_buttons_are_the_rows_of_the_table(marketer, nobody):
    assert [row.action for row in actions_from("active", marketer)] == ["rest", "pause", "retire"]
    assert [row.action for row in actions_from("paused", PERSON)] == ["resume", "retire"]
    assert actions_from("active", nobody) == []


@pytest.mark.parametrize(
    ("age", "word"), [((0, 0), "new"), ((3, 23), "new"), ((4, 0), "due"), ((7, 23), "due"), ((8, 0), "late")]
)
def test_age_of_a_nomination(age, word):
    days, hours = age

    assert nomination_age(AT - dt.timedelta(days=days, hours=hours), AT) == word


@pytest.mark.django_db(transaction=True)
def test_nominators_at_once_make_one_champion(contact):
    barrier = Barrier(6)

    def nominate(number):
        barrier.wait()
        try:
            actions.nominate_champion(contact=Contact.objects.get(), why="", by=None, at=AT)
        except DomainError as refused:
            return refused.code
        finally:
            connection.close()
        return "nominated"

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(nominate, range(6)))

    assert answers == ["already_champion"] * 5 + ["nominated"]
    assert ChampionEvent.objects.count() == 1
