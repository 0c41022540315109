"""Champions of the demo with the history of their standing.

The moves obey the one table of `advocacy/readiness/standing.py`; what the actions write move by move (champion, history
row, event) is written here for all champions at once, because their past is made up in one go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from accounts.models import Product, User
from advocacy.choices import Standing
from advocacy.models import Champion, ChampionEvent
from advocacy.readiness.standing import NEW, Actor, Transition, name_of, parts_of, transition
from advocacy.readiness.standing import Advocate as ByLink
from clg.events.outbox import Event, emit_all
from growth.demo.champions import Advocate, Move
from growth.demo.load.crm import Keys
from growth.demo.seed import Seed

BATCH = 5000
_EVENT = {
    Standing.NOMINATED: "champion.nominated",
    Standing.INVITED: "champion.invited",
    Standing.ACTIVE: "champion.activated",
    Standing.RESTING: "champion.rested",
    Standing.PAUSED: "champion.paused",
    Standing.RETIRED: "champion.retired",
}


@dataclass(frozen=True)
class Step:
    """A move with the row of the table that allows it."""

    move: Move
    row: Transition
    before: str
    actor: Actor


def load_pool(
    seed: Seed, pool: Sequence[Advocate], keys: Keys, users: Mapping[str, User], products: Mapping[str, Product]
) -> dict[str, Champion]:
    """Champions by the demo's key."""
    ways = {advocate.key: list(_steps(advocate.moves, users)) for advocate in pool}
    rows = {advocate.key: _champion(seed, advocate, ways[advocate.key], keys, users) for advocate in pool}
    Champion.objects.bulk_create(rows.values(), batch_size=BATCH)
    links = Champion.products.through
    links.objects.bulk_create(
        (
            links(champion_id=rows[advocate.key].pk, product_id=products[name].pk)
            for advocate in pool
            for name in advocate.products
        ),
        batch_size=BATCH,
    )
    told = [(rows[key], step) for key, way in ways.items() for step in way]
    ChampionEvent.objects.bulk_create((_history(champion, step) for champion, step in told), batch_size=BATCH)
    prefetch_related_objects(list(rows.values()), "account", "contact")
    emit_all(_event(champion, step) for champion, step in told)
    return rows


def _steps(moves: Sequence[Move], users: Mapping[str, User]) -> Iterator[Step]:
    """Every move must stand in the table, for the part in which its author acts."""
    standing = NEW
    for move in moves:
        actor = users[move.by] if move.by in users else (None if move.by == "system" else ByLink("link:demo"))
        row = transition(move.action, standing)
        if row is None or (row.reasons and move.reason not in row.reasons):
            raise ValueError(f"The demo cannot {move.action} from {standing!r} because of {move.reason!r}.")
        if not isinstance(actor, User) and not row.who & parts_of(actor):
            raise ValueError(f"The demo lets {move.by} {move.action}, which is not theirs to do.")
        yield Step(move, row, standing, actor)
        standing = row.target


def _champion(seed: Seed, advocate: Advocate, way: Sequence[Step], keys: Keys, users: Mapping[str, User]) -> Champion:
    at = {step.move.action: step.move for step in way}
    last, review = way[-1], at.get("invite") or at.get("reject")
    nominated_by = users.get(advocate.moves[0].by)
    return Champion(
        public_id=seed.public_id("champion", advocate.key),
        contact_id=keys.contacts[advocate.contact_key],
        account_id=keys.accounts[advocate.account_key],
        standing=last.row.target,
        standing_reason=last.move.reason if last.row.reasons else "",
        standing_since=last.move.at,
        rests_until=last.move.until if last.row.action == "rest" else None,
        paused_until=last.move.until if last.row.action == "pause" else None,
        paused_by=last.move.paused_by,
        source=advocate.source,
        nominated_by=nominated_by,
        nomination_text=advocate.text,
        reviewed_by=users.get(review.by) if review else None,
        reviewed_at=review.at if review else None,
        invited_at=at["invite"].at if "invite" in at else None,
        joined_at=advocate.joined_at,
        confirmed_at=advocate.confirmed_at,
        confirmed_by=nominated_by if advocate.confirmed_at else None,
        time_zone=advocate.time_zone,
        channel=advocate.channel,
        reach_via=advocate.reach_via,
        languages=sorted({"en", advocate.language}),
        use_cases=list(advocate.use_cases),
        competitor_replaced=advocate.competitor_replaced,
        topics_glad=advocate.topics_glad,
        topics_avoid=advocate.topics_avoid,
        notice_days=advocate.notice_days,
        own_minutes_limit=advocate.own_minutes_limit,
    )


def _history(champion: Champion, step: Step) -> ChampionEvent:
    return ChampionEvent(
        champion=champion,
        action=step.row.action,
        from_standing=step.before,
        to_standing=step.row.target,
        reason=step.move.reason,
        actor=name_of(step.actor),
        at=step.move.at,
    )


def _event(champion: Champion, step: Step) -> Event:
    refs = {"account": champion.account.public_id, "contact": champion.contact.public_id}
    return Event(
        _EVENT[Standing(step.row.target)], "champion", champion.public_id, changed_fields=["standing"], refs=refs
    )
