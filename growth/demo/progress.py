"""How far the background jobs are with the demo's rows: the demo is ready when nothing is left to do."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from advocacy.models import AttributionDirty, Champion, CreditHead, Readiness, ReadinessDirty


@dataclass(frozen=True)
class Progress:
    """Counts of one moment; marks are rows that a job has still to take up."""

    champions: int
    scored: int
    readiness_marks: int
    attribution_marks: int
    has_credit: bool

    @property
    def is_done(self) -> bool:
        return self.scored > 0 and self.has_credit and not (self.readiness_marks or self.attribution_marks)

    def __str__(self) -> str:
        return (
            f"{self.scored} of {self.champions} champions scored, "
            f"{self.attribution_marks} marks of deals and encounters left to attribute"
        )


def progress_at(at: dt.datetime) -> Progress:
    return Progress(
        champions=Champion.objects.count(),
        scored=Readiness.objects.count(),
        readiness_marks=ReadinessDirty.objects.filter(due_at__lte=at).count(),
        attribution_marks=AttributionDirty.objects.count(),
        has_credit=CreditHead.objects.exists(),
    )
