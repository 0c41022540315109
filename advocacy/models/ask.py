"""One request put to one person by anyone on our side, of any kind. `readiness` sections 6 and 7."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Account, Contact, Opportunity, Team, User
from advocacy.choices import (
    AskChannel,
    AskEnd,
    AskState,
    Band,
    DeclineReason,
    Evidence,
    Gate,
    GiftKind,
    LoggedOutcome,
    MissedBy,
    Use,
)
from advocacy.models.champion import Champion
from advocacy.models.readiness import ReadinessModel
from advocacy.querysets import AskQuerySet, OverrideQuerySet
from clg.guards import append_only, each_known, known
from clg.history import tracked
from clg.models import PublicModel

_OPEN = Q(state__in=["reserved", "sent", "accepted"])


@tracked()
class Ask(PublicModel):
    """An ask of a champion, or (review, survey) of a contact outside the pool; it reserves minutes before it is sent.

    `state` moves only by the table of `advocacy/asks/lifecycle.py`. An ask made outside the system is born `logged`
    with its outcome. What was known when it was reserved stays with it: readiness, willingness, capacity.
    """

    PUBLIC_PREFIX: ClassVar[str] = "ask"

    champion = models.ForeignKey(
        Champion, null=True, blank=True, on_delete=models.PROTECT, related_name="asks", db_index=False
    )
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="asks", db_index=False
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="asks")
    use = models.CharField(max_length=20, choices=Use.choices)
    state = models.CharField(max_length=10, choices=AskState.choices)
    need = models.CharField("what for", max_length=1000, blank=True, default="")
    minutes = models.PositiveSmallIntegerField()
    prospect = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    opportunity = models.ForeignKey(Opportunity, null=True, blank=True, on_delete=models.PROTECT, related_name="asks")
    scope = models.JSONField(
        default=dict, blank=True, db_default={}, help_text="product, region, language, campaign, audience, channel"
    )
    reward_minor = models.BigIntegerField(null=True, blank=True)
    reward_currency = models.CharField(max_length=3, blank=True, default="")
    reward_kind = models.CharField(max_length=12, choices=GiftKind.choices, blank=True, default="")
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="asks")
    asked_as = models.CharField(max_length=100, help_text="user:3, link:9, client:5, system")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="asks")
    reserved_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_as = models.CharField(max_length=100, blank=True, default="")
    answer_channel = models.CharField(max_length=15, choices=AskChannel.choices, blank=True, default="")
    decline_reason = models.CharField(max_length=20, choices=DeclineReason.choices, blank=True, default="")
    answer_note = models.CharField(max_length=1000, blank=True, default="")
    later_until = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_reason = models.CharField(max_length=15, choices=AskEnd.choices, blank=True, default="")
    missed_by = models.CharField(max_length=10, choices=MissedBy.choices, blank=True, default="")
    scheduled_at = models.DateTimeField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)
    actual_minutes = models.PositiveSmallIntegerField(null=True, blank=True)

    # An ask made outside the system.
    channel = models.CharField(max_length=15, choices=AskChannel.choices, blank=True, default="")
    asked_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=LoggedOutcome.choices, blank=True, default="")
    source = models.CharField(max_length=100, blank=True, default="")
    external_id = models.CharField(max_length=255, blank=True, default="")
    over_budget = models.BooleanField(default=False)

    # What was known when it was reserved.
    readiness = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    readiness_band = models.CharField(max_length=10, choices=Band.choices, blank=True, default="")
    confidence = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    willingness = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    willingness_parts = models.JSONField(default=list, blank=True, db_default=[])
    evidence = models.CharField(max_length=10, choices=Evidence.choices, blank=True, default="")
    capacity = models.IntegerField(null=True, blank=True)
    fit = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    model = models.ForeignKey(
        ReadinessModel, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    gates = ArrayField(
        models.CharField(max_length=20, choices=Gate.choices), default=list, blank=True, help_text="overridden"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = AskQuerySet.as_manager()

    class Meta:
        ordering = ["-reserved_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(champion__isnull=False, contact__isnull=True)
                | Q(champion__isnull=True, contact__isnull=False, use__in=["review", "survey"]),
                name="%(app_label)s_%(class)s_of_one",
                violation_error_message="Name a champion, or for a review or survey a contact.",
            ),
            known("use", Use),
            known("state", AskState),
            models.CheckConstraint(
                condition=Q(state="logged") | Q(minutes__range=(5, 480)),
                name="%(app_label)s_%(class)s_minutes_range",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(decline_reason=""), name="%(app_label)s_%(class)s_declined_why"
            ),
            models.CheckConstraint(
                condition=~Q(state="later") | Q(later_until__isnull=False), name="%(app_label)s_%(class)s_later_when"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(done_on__isnull=False, actual_minutes__isnull=False),
                name="%(app_label)s_%(class)s_done_when",
            ),
            models.CheckConstraint(
                condition=(Q(state="logged") & ~Q(channel="") & ~Q(outcome="") & Q(asked_on__isnull=False))
                | (~Q(state="logged") & Q(channel="", outcome="", asked_on__isnull=True)),
                name="%(app_label)s_%(class)s_logged_or_not",
            ),
            known("decline_reason", DeclineReason, or_empty=True),
            known("outcome", LoggedOutcome, or_empty=True),
            known("reward_kind", GiftKind, or_empty=True),
            known("answer_channel", AskChannel, or_empty=True),
            known("channel", AskChannel, or_empty=True),
            known("closed_reason", AskEnd, or_empty=True),
            known("missed_by", MissedBy, or_empty=True),
            known("readiness_band", Band, or_empty=True),
            known("evidence", Evidence, or_empty=True),
            each_known("gates", Gate),
            models.CheckConstraint(
                condition=Q(reward_minor__isnull=True, reward_currency="", reward_kind="")
                | (Q(reward_minor__gt=0) & ~Q(reward_currency="") & ~Q(reward_kind="")),
                name="%(app_label)s_%(class)s_reward_whole",
            ),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(external_id=""),
                name="%(app_label)s_%(class)s_external_once",
            ),
        ]
        indexes = [
            # Gates of a champion (pending, caps, recent no) and the page: newest first.
            models.Index(fields=["champion", "-reserved_at"], name="advocacy_ask_champion"),
            models.Index(
                fields=["contact", "-reserved_at"], condition=Q(contact__isnull=False), name="advocacy_ask_contact"
            ),
            # Open asks: pending gate, withdrawing with a grant, the hourly expiry.
            models.Index(fields=["champion", "state"], condition=_OPEN, name="advocacy_ask_open"),
            # Calibration: resolved asks by the day they were sent.
            models.Index(fields=["sent_at"], condition=Q(sent_at__isnull=False), name="advocacy_ask_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.get_use_display()}, {self.get_state_display().lower()}"

    @property
    def is_open(self) -> bool:
        return self.state in (AskState.RESERVED, AskState.SENT, AskState.ACCEPTED)


class AskOverride(models.Model):
    """One gate that a marketer passed over for one ask, and why. Append-only."""

    ask = models.ForeignKey(Ask, on_delete=models.PROTECT, related_name="overrides", db_index=False)
    gate = models.CharField(max_length=20, choices=Gate.choices)
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = OverrideQuerySet.as_manager()

    class Meta:
        ordering = ["ask", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ask", "gate"], name="%(app_label)s_%(class)s_once"),
            known("gate", Gate),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.get_gate_display()} passed over"
