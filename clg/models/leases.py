"""Work that outside systems may delay or refuse: one row a piece, leased to one worker at a time."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from clg.choices import WorkState


class LeasedWork(models.Model):
    """The columns of leased work; `clg.events.leases` claims and finishes it.

    `fence` grows with each claim: a worker that woke after its lease ended holds an old one, and writes nothing.
    """

    state = models.CharField(
        max_length=10, choices=WorkState.choices, default=WorkState.PENDING, db_default=WorkState.PENDING
    )
    run_after = models.DateTimeField(db_default=Now())
    attempts = models.IntegerField(default=0, db_default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        abstract = True
