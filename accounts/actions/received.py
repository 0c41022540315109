"""What the sync keeps about itself is kept for a time: conflicts 30 days, figures 400."""

from __future__ import annotations

import datetime as dt
from typing import Final

from accounts.models import ReceivedHour, SyncConflict

CONFLICTS_KEPT: Final = dt.timedelta(days=30)
# A year and a month, so that a month compares with the same one before.
FIGURES_KEPT: Final = dt.timedelta(days=400)


def forget_sync_records(*, at: dt.datetime) -> dict[str, int]:
    """Delete them and say how many; a second run deletes nothing."""
    return {
        "conflicts": SyncConflict.objects.filter(at__lt=at - CONFLICTS_KEPT).delete()[0],
        "received_hours": ReceivedHour.objects.outlived(before=at - FIGURES_KEPT).delete()[0],
    }
