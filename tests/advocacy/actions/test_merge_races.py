"""A write that points to a row, and a merge that takes the row away, at once: nothing stays with the loser."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.actions.merge import merge_duplicates
from accounts.actions.signal import Named, SignalItem, store_signals
from accounts.models import MergeEvent
from accounts.sync.keys import keys_to
from advocacy.actions.champion import nominate_champion, nominate_unknown
from advocacy.actions.naming import name_touch
from advocacy.models import Activity, Touch
from tests.advocacy.attribution.tenant import AT, act, day, deal, meet
from tests.factories.accounts import AccountFactory, ContactFactory, CustomerFactory, UserFactory
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db(transaction=True)


class World:
    """Of each kind a loser `l` that a writer has read, and the winner `w` that it is merged into."""

    def __init__(self) -> None:
        self.accounts = {name: CustomerFactory() for name in "lw"}
        self.contacts = {name: ContactFactory(account=self.accounts["w"]) for name in "lw"}
        self.deals = {name: deal(account=AccountFactory()) for name in "lw"}
        self.call = act(1)
        self.user = UserFactory()

    def nominate(self):
        return nominate_champion(contact=self.contacts["l"], why="Speaks well of us", by=None, at=AT)

    def nominate_many(self):
        return nominate_unknown(contact_ids=[self.contacts["l"].pk], why="Author", at=AT)

    def record_activity(self):
        return act(2, champion=self.champion)

    def meet_account(self):
        return meet(2, activity=self.call, buyer_account=self.accounts["l"])

    def meet_contact(self):
        return meet(2, activity=self.call, buyer_contact=self.contacts["l"])

    def meet_deal(self):
        return meet(2, activity=self.call, opportunity=self.deals["l"])

    def name_touch(self):
        return name_touch(
            opportunity=self.deals["l"], activity=self.call, role="sourced", by=self.user, at=AT, occurred_at=day(2)
        )

    def observe(self):
        item = SignalItem("health", 80, AT, account=Named(pk=self.accounts["l"].pk))
        return store_signals([item], source="product", at=AT)


WRITES = {
    "nominate": "contacts",
    "nominate_many": "contacts",
    "record_activity": "contacts",
    "meet_account": "accounts",
    "meet_contact": "contacts",
    "meet_deal": "deals",
    "name_touch": "deals",
    "observe": "accounts",
}


@pytest.fixture
def world():
    found = World()
    found.champion = None
    return found


@pytest.fixture(params=WRITES)
def write(request, world):
    """A write that is at hand, with the rows that it was told of before."""
    if request.param == "record_activity":
        world.champion = ChampionFactory(contact=world.contacts["l"], account=world.contacts["l"].account)
        ChampionFactory(contact=world.contacts["w"], account=world.contacts["w"].account)
    world.merged = getattr(world, WRITES[request.param])
    return getattr(world, request.param)


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone() != (0,)


def one_waits_for_the_other(first, second):
    """Run `second` while the transaction of `first` is open: it waits. Whether it did."""

    def late():
        try:
            return second()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            other = pool.submit(late)
            while not other.done() and not somebody_waits():
                time.sleep(0.01)
            has_waited = not other.done()
        other.result()
    return has_waited


# Rows of the ledger stay as they were written; a champion who leaves the pool stays with the hidden contact.
KEPT = (
    "OpportunityFact",
    "Touch",
    "CreditSet",
    "CreditHead",
    "AttributionDirty",
    "ExternalIdentity",
    "OpportunityStage",
)


def left_with(loser):
    """Names of the keys that still point to a hidden row."""
    found = {name for name, field in keys_to(type(loser)) if field.model._default_manager.filter(**{field.name: loser})}
    return {name for name in found if not name.split(".")[1].startswith(KEPT)}


def merged(world):
    return lambda: merge_duplicates(winner=world.merged["w"], losers=[world.merged["l"]], at=AT)


def test_a_write_that_a_merge_overtook_goes_to_the_winner(world, write):
    assert one_waits_for_the_other(merged(world), write)

    assert left_with(world.merged["l"]) == ({"advocacy.Champion.contact"} if world.champion else set())
    assert set(Activity.objects.values_list("champion__standing", flat=True)) <= {"active", "nominated"}
    assert not Touch.objects.filter(opportunity__deleted_at__isnull=False).exists()


def test_a_merge_waits_for_a_write_under_way_and_takes_it_along(world, write):
    assert one_waits_for_the_other(write, merged(world))

    assert left_with(world.merged["l"]) == ({"advocacy.Champion.contact"} if world.champion else set())


def test_heirs_are_found_along_a_chain_and_for_nobody_else():
    rows = [ContactFactory(account=CustomerFactory()) for _ in range(4)]
    merge_duplicates(winner=rows[1], losers=[rows[0]], at=AT)
    merge_duplicates(winner=rows[2], losers=[rows[1]], at=AT)

    keys = [row.pk for row in rows]
    found = MergeEvent.objects.heirs_of(contact=keys, account=keys)

    assert found == {"contact": {keys[0]: keys[2], keys[1]: keys[2]}, "account": {}}
