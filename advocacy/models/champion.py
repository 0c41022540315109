"""Contacts in the advocate pool. `readiness` section 1.1."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Account, Contact, Product, User
from advocacy.choices import ChampionSource, Channel, PausedBy, ReachVia, Standing
from advocacy.querysets import ChampionQuerySet, ReadinessQuerySet
from clg.guards import append_only, counts_versions, known
from clg.history import tracked
from clg.models import PublicModel, VersionedModel


@tracked()
class Champion(PublicModel, VersionedModel):
    """One contact in the pool, born by a nomination, never deleted (erasure masks it).

    The field also says advocate. `standing` moves only by the table in `advocacy/readiness/standing.py`.
    """

    PUBLIC_PREFIX: ClassVar[str] = "cha"

    contact = models.OneToOneField(Contact, on_delete=models.PROTECT, related_name="champion")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="champions")
    standing = models.CharField(max_length=20, choices=Standing.choices, default=Standing.NOMINATED)
    standing_reason = models.CharField(max_length=60, blank=True, default="")
    standing_since = models.DateTimeField()
    rests_until = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    paused_by = models.CharField(max_length=10, choices=PausedBy.choices, blank=True, default="")
    source = models.CharField(max_length=20, choices=ChampionSource.choices, default=ChampionSource.NOMINATION)
    nominated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="nominations")
    nomination_text = models.TextField(blank=True, default="")
    reviewed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    invited_at = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    time_zone = models.CharField(max_length=64, default="UTC")
    hours_from = models.TimeField(null=True, blank=True)
    hours_to = models.TimeField(null=True, blank=True)
    reach_via = models.CharField(max_length=20, choices=ReachVia.choices, default=ReachVia.DIRECT)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    languages = ArrayField(models.CharField(max_length=35), default=list, blank=True)
    products = models.ManyToManyField(Product, blank=True, related_name="champions")
    use_cases = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    competitor_replaced = models.CharField(max_length=100, blank=True, default="")
    topics_glad = models.TextField(blank=True, default="")
    topics_avoid = models.TextField(blank=True, default="")
    competitors = ArrayField(
        models.CharField(max_length=253), default=list, blank=True, help_text="domains never to be served"
    )
    notice_days = models.PositiveSmallIntegerField(default=0)
    own_minutes_limit = models.PositiveSmallIntegerField(null=True, blank=True)
    moved_from = models.ForeignKey(
        "advocacy.Champion", null=True, blank=True, on_delete=models.PROTECT, related_name="moved_to"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ChampionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            known("standing", Standing),
            known("source", ChampionSource),
            known("reach_via", ReachVia),
            known("channel", Channel),
            known("paused_by", PausedBy, or_empty=True),
            models.CheckConstraint(
                condition=~Q(standing="resting") | Q(rests_until__isnull=False),
                name="%(app_label)s_%(class)s_resting_has_end",
            ),
            models.CheckConstraint(
                condition=~Q(standing="retired") | ~Q(standing_reason=""),
                name="%(app_label)s_%(class)s_retired_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(standing="paused") | ~Q(paused_by=""),
                name="%(app_label)s_%(class)s_paused_has_author",
            ),
            models.CheckConstraint(
                condition=Q(own_minutes_limit__isnull=True) | Q(own_minutes_limit__range=(0, 480)),
                name="%(app_label)s_%(class)s_own_limit_range",
            ),
        ]
        indexes = [models.Index(fields=["standing", "id"], name="advocacy_champion_standing")]
        triggers = [counts_versions()]

    def __str__(self) -> str:
        return str(self.contact)


class ChampionEvent(models.Model):
    """One change of a champion's standing: who, what, from, to, why. Append-only."""

    champion = models.ForeignKey(Champion, on_delete=models.PROTECT, related_name="events")
    action = models.CharField(max_length=20)
    from_standing = models.CharField(max_length=20, choices=Standing.choices, blank=True, default="")
    to_standing = models.CharField(max_length=20, choices=Standing.choices)
    reason = models.CharField(max_length=60, blank=True, default="")
    actor = models.CharField(max_length=100, help_text="user:3, link:9, system")
    at = models.DateTimeField()

    objects = ReadinessQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [known("from_standing", Standing, or_empty=True), known("to_standing", Standing)]
        indexes = [models.Index(fields=["champion", "-at"], name="advocacy_championevent_page")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.action} to {self.to_standing}"
