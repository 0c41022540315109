"""Champions of the demo with the history of their standing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accounts.models import Product, User
from advocacy.choices import Standing
from advocacy.models import Champion, ChampionEvent
from growth.demo.champions import Advocate, Move
from growth.demo.load.crm import Keys
from growth.demo.seed import Seed

_TO = {
    "nominate": Standing.NOMINATED, "invite": Standing.INVITED, "reject": Standing.RETIRED, "join": Standing.ACTIVE,
    "decline": Standing.RETIRED, "rest": Standing.RESTING, "pause": Standing.PAUSED, "retire": Standing.RETIRED,
}  # fmt: skip


def load_pool(
    seed: Seed, pool: Sequence[Advocate], keys: Keys, users: Mapping[str, User], products: Mapping[str, Product]
) -> dict[str, Champion]:
    """Champions by the demo's key."""
    rows = {advocate.key: _champion(seed, advocate, keys, users) for advocate in pool}
    Champion.objects.bulk_create(rows.values())
    links = Champion.products.through
    links.objects.bulk_create(
        links(champion_id=rows[advocate.key].pk, product_id=products[name].pk)
        for advocate in pool
        for name in advocate.products
    )
    ChampionEvent.objects.bulk_create(
        event for advocate in pool for event in _events(rows[advocate.key], advocate.moves, users)
    )
    return rows


def _champion(seed: Seed, advocate: Advocate, keys: Keys, users: Mapping[str, User]) -> Champion:
    moves = {move.action: move for move in advocate.moves}
    last, review = advocate.moves[-1], moves.get("invite") or moves.get("reject")
    nominated_by = users.get(advocate.moves[0].by)
    return Champion(
        public_id=seed.public_id("champion", advocate.key),
        contact_id=keys.contacts[advocate.contact_key],
        account_id=keys.accounts[advocate.account_key],
        standing=_TO[last.action],
        standing_reason=last.reason,
        standing_since=last.at,
        rests_until=last.until if last.action == "rest" else None,
        paused_until=last.until if last.action == "pause" else None,
        paused_by=last.paused_by,
        source=advocate.source,
        nominated_by=nominated_by,
        nomination_text=advocate.text,
        reviewed_by=users.get(review.by) if review else None,
        reviewed_at=review.at if review else None,
        invited_at=moves["invite"].at if "invite" in moves else None,
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


def _events(champion: Champion, moves: Sequence[Move], users: Mapping[str, User]) -> list[ChampionEvent]:
    befores = ["", *(_TO[move.action] for move in moves)]
    return [
        ChampionEvent(
            champion=champion,
            action=move.action,
            from_standing=before,
            to_standing=_TO[move.action],
            reason=move.reason,
            actor=f"user:{users[move.by].pk}" if move.by in users else move.by,
            at=move.at,
        )
        for move, before in zip(moves, befores, strict=False)
    ]
