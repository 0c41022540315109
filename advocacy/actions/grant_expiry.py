"""What a nightly run does with grants: ends those whose term is over, tells of the ends that come. `readiness` 8.2."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.choices import Lifecycle
from advocacy.actions.grant import expire_grant, tell_grant
from advocacy.actions.meters import lock_grant
from advocacy.choices import GRANT_NOTICE_DAYS, GrantEnd
from advocacy.errors import GrantNotInState
from advocacy.grants.lifecycle import GIVEN
from advocacy.models import Grant, GrantNotice


def expire_grants(*, at: dt.datetime) -> int:
    """Ends what is past its last day or hangs on an account that churned; answers how many."""
    day = at.astimezone(dt.UTC).date()
    given = Grant.objects.filter(state__in=GIVEN)
    left = given.exclude(account__lifecycle=Lifecycle.CUSTOMER).filter(ends_at_churn=True, account__isnull=False)
    gone = given.exclude(champion__account__lifecycle=Lifecycle.CUSTOMER).filter(
        ends_at_churn=True, champion__isnull=False
    )
    due = [(grant, GrantEnd.EXPIRED) for grant in given.filter(valid_until__lt=day).order_by("pk")]
    due += [(grant, GrantEnd.CHURNED) for grant in (left | gone).order_by("pk")]
    return sum(_expire_if_given(grant, cause, at) for grant, cause in due)


def _expire_if_given(grant: Grant, cause: str, at: dt.datetime) -> bool:
    try:
        expire_grant(grant=grant, at=at, cause=cause)
    except GrantNotInState:
        return False
    return True


def announce_grant_expiry(*, at: dt.datetime) -> int:
    """Tells of coming ends, 60, 30 and 7 days before: the smallest that is due, once; larger ones count as skipped."""
    day = at.astimezone(dt.UTC).date()
    ends = Grant.objects.in_force(day).filter(valid_until__lte=day + dt.timedelta(days=max(GRANT_NOTICE_DAYS)))
    return sum(_announce(grant, day, at) for grant in ends.order_by("pk"))


@transaction.atomic
def _announce(grant: Grant, day: dt.date, at: dt.datetime) -> bool:
    grant = lock_grant(grant)
    left = (grant.valid_until - day).days if grant.valid_until else max(GRANT_NOTICE_DAYS) + 1
    due = [days for days in GRANT_NOTICE_DAYS if days >= left]
    told = set(grant.notices.values_list("days", flat=True))
    if grant.state not in GIVEN or not due or min(due) in told:
        return False
    GrantNotice.objects.bulk_create(
        GrantNotice(grant=grant, days=days, at=at, is_skipped=days != min(due)) for days in due if days not in told
    )
    tell_grant("grant.expiring", grant)
    return True
