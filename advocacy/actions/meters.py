"""The rows that are locked before minutes are spent: the account's first, then the champion's, always in this order.

Whatever lets an ask pass or ends one (reserving, answering, pausing, departing, withdrawing a grant) takes them first,
so none slips past another.
"""

from __future__ import annotations

from collections.abc import Collection

from accounts.sync.locks import hold_merges_off
from advocacy.models import Champion, EffortMeter, Grant


def lock_meters(champion_ids: Collection[int]) -> None:
    """Lock the meters of champions and of their accounts until the transaction ends; made where there are none."""
    pairs = list(Champion.objects.filter(pk__in=champion_ids).values_list("account", "pk"))
    accounts, champions = sorted({account for account, _ in pairs}), sorted(pk for _, pk in pairs)
    made = [EffortMeter(account_id=pk) for pk in accounts] + [EffortMeter(champion_id=pk) for pk in champions]
    EffortMeter.objects.bulk_create(made, ignore_conflicts=True)
    for keys in ({"account__in": accounts}, {"champion__in": champions}):
        list(EffortMeter.objects.select_for_update().filter(**keys).order_by("pk").values_list("pk"))


def lock_grant(grant: Grant) -> Grant:
    """The grant of this moment, after the minutes of whom it lets be asked: the order of the ask door."""
    hold_merges_off()
    row = Grant.objects.only("champion", "account").get(pk=grant.pk)
    lock_meters([row.champion_id] if row.champion_id else _pool_of(row.account_id))
    return Grant.objects.select_for_update(of=("self",)).select_related("champion__account", "account").get(pk=row.pk)


def _pool_of(account_id: int | None) -> list[int]:
    return list(Champion.objects.filter(account=account_id).values_list("pk", flat=True))
