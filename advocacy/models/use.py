"""What each use costs and needs, what a person likes, and when nobody is asked. `readiness` 1.1, 5 and 6.1."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Account, User
from advocacy.choices import BlackoutScope, Preference, Use
from advocacy.models.champion import Champion
from advocacy.querysets import BlackoutQuerySet, PreferenceQuerySet, UseRuleQuerySet
from clg.guards import known
from clg.history import tracked

MINUTES_RANGE = Q(minutes__range=(5, 480))


@tracked()
class UseRule(models.Model):
    """One use: which keys it needs, what it costs, how long somebody rests after it, how often in 90 days.

    A use without minutes (`ai_training`) is granted only, never asked. `base_percent` is the share of asks that people
    accept before anything is known of them; the log-odds that score with it stand in the weight set.
    """

    use = models.CharField(max_length=20, choices=Use.choices, unique=True)
    needs_person = models.BooleanField("needs the person's grant", default=True)
    needs_company = models.BooleanField("needs the company's grant", default=True)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    rest_days = models.PositiveSmallIntegerField(default=0)
    cap = models.PositiveSmallIntegerField("asks in 90 days", null=True, blank=True)
    base_percent = models.PositiveSmallIntegerField("base acceptance, %", null=True, blank=True)

    objects = UseRuleQuerySet.as_manager()

    class Meta:
        ordering = ["minutes", "use"]
        constraints = [
            known("use", Use),
            models.CheckConstraint(
                condition=Q(minutes__isnull=True) | MINUTES_RANGE, name="%(app_label)s_%(class)s_minutes_range"
            ),
            models.CheckConstraint(
                condition=Q(base_percent__isnull=True) | Q(base_percent__range=(1, 99)),
                name="%(app_label)s_%(class)s_base_range",
            ),
            models.CheckConstraint(
                condition=Q(minutes__isnull=True, cap__isnull=True, base_percent__isnull=True)
                | Q(minutes__isnull=False, cap__isnull=False, base_percent__isnull=False),
                name="%(app_label)s_%(class)s_asked_or_not",
            ),
        ]

    def __str__(self) -> str:
        return self.get_use_display()


@tracked()
class UsePreference(models.Model):
    """How much one person likes one use; no row means they have not said."""

    champion = models.ForeignKey(Champion, on_delete=models.CASCADE, related_name="preferences", db_index=False)
    use = models.CharField(max_length=20, choices=Use.choices)
    level = models.CharField(max_length=10, choices=Preference.choices)

    objects = PreferenceQuerySet.as_manager()

    class Meta:
        ordering = ["use"]
        constraints = [
            models.UniqueConstraint(fields=["champion", "use"], name="%(app_label)s_%(class)s_once"),
            known("use", Use),
            known("level", Preference),
        ]

    def __str__(self) -> str:
        return f"{self.get_use_display()}: {self.get_level_display().lower()}"


@tracked()
class BlackoutPeriod(models.Model):
    """Days on which nobody of a scope is asked, both ends included, by the champion's local date.

    `by_person` is the person's own wish: nobody overrides it.
    """

    scope = models.CharField(max_length=10, choices=BlackoutScope.choices)
    country = models.CharField(max_length=2, blank=True, default="", help_text="ISO 3166-1 alpha-2")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="blackouts")
    champion = models.ForeignKey(Champion, null=True, blank=True, on_delete=models.CASCADE, related_name="blackouts")
    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.CharField(max_length=200)
    by_person = models.BooleanField("the person's own", default=False)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = BlackoutQuerySet.as_manager()

    class Meta:
        ordering = ["-first_day", "-id"]
        constraints = [
            known("scope", BlackoutScope),
            models.CheckConstraint(
                condition=Q(scope="tenant", country="", account__isnull=True, champion__isnull=True)
                | (Q(scope="country", account__isnull=True, champion__isnull=True) & ~Q(country=""))
                | Q(scope="account", country="", account__isnull=False, champion__isnull=True)
                | Q(scope="champion", country="", account__isnull=True, champion__isnull=False),
                name="%(app_label)s_%(class)s_names_its_scope",
                violation_error_message="Name what the scope says: a country, an account, a champion or nothing.",
            ),
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")),
                name="%(app_label)s_%(class)s_days_in_order",
                violation_error_message="The last day lies before the first.",
            ),
            models.CheckConstraint(
                condition=Q(by_person=False) | Q(scope="champion"), name="%(app_label)s_%(class)s_own_is_personal"
            ),
        ]
        # Gate `blackout`: the few periods that are not over.
        indexes = [models.Index(fields=["last_day"], name="advocacy_blackout_last_day")]

    def __str__(self) -> str:
        return self.reason
