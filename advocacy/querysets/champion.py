"""Reading the pool."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Concat, NullIf, Trim

from advocacy.choices import Band, Standing
from advocacy.permissions import knows_everybody, may_see_people, sees_everything
from advocacy.querysets.sibling import rows_of
from advocacy.querysets.sight import champion_q, known_champion_q
from clg.querysets import ListedQuerySet

MOVER_DAYS = 30
"""Days over which the arrow beside a readiness compares."""


class ChampionQuerySet(ListedQuerySet[Any]):
    """Champions by sight, standing and readiness."""

    def visible_to(self, principal: Any) -> Self:
        """Champions of the accounts in sight."""
        return self.filter(champion_q(principal))

    def in_pool(self) -> Self:
        """All who are not retired."""
        return self.exclude(standing=Standing.RETIRED)

    def nominated(self) -> Self:
        return self.filter(standing=Standing.NOMINATED)

    def rest_over(self, at: datetime) -> Self:
        """Those whose rest has ended."""
        return self.filter(standing=Standing.RESTING, rests_until__lte=at)

    def pause_over(self, at: datetime) -> Self:
        """Those whose pause had an end and has reached it."""
        return self.filter(standing=Standing.PAUSED, paused_until__lte=at)

    def lapsed(self, *, nominated: datetime, invited: datetime) -> Self:
        """Nominated, or invited, at or before these moments and neither decided nor answered since."""
        waiting = Q(standing=Standing.NOMINATED, standing_since__lte=nominated)
        return self.filter(waiting | Q(standing=Standing.INVITED, standing_since__lte=invited))

    def in_band(self, band: str) -> Self:
        """Those whose readiness is in one band; never scored counts as unknown."""
        own = Q(readiness__band=band)
        return self.filter(own | Q(readiness=None) if band == Band.UNKNOWN else own)

    def in_bands(self, bands: Iterable[str]) -> Self:
        """Those whose readiness is in one of the bands."""
        wanted = list(bands)
        return self.filter(
            Q(readiness__band__in=wanted) | (Q(readiness=None) if Band.UNKNOWN in wanted else Q(pk__in=[]))
        )

    def speaking(self, languages: Iterable[str]) -> Self:
        """Those who speak one of the languages."""
        return self.filter(languages__overlap=list(languages))

    def with_readiness_before(self, at: datetime) -> Self:
        """Adds `score_before`, the readiness 30 days before, and `score_moved` since; NULL when there was none."""
        earlier = (
            rows_of("ReadinessChange")
            .filter(champion=OuterRef("pk"), at__lte=at - timedelta(days=MOVER_DAYS))
            .order_by("-id")
            .values("new_score")[:1]
        )
        rows = self.annotate(score_before=Subquery(earlier))
        return rows.annotate(score_moved=F("readiness__score") - F("score_before"))

    def with_last_activity(self) -> Self:
        """Adds `last_activity_at`: the newest act that was not withdrawn, NULL when there is none."""
        acts = rows_of("Activity").filter(champion=OuterRef("pk"), withdrawn_at=None)
        return self.annotate(last_activity_at=Subquery(acts.order_by("-occurred_at").values("occurred_at")[:1]))

    def with_shown_name(self, reader: Any) -> Self:
        """Adds `shown_name`: the person's name, or what a reader who does not know the person may know."""
        return self.annotate(shown_name=shown_name(reader))

    def with_list_rank(self) -> Self:
        """Adds `list_rank`: 0 in the pool with a band, 1 in the pool and not known well enough, 2 retired."""
        retired = When(standing=Standing.RETIRED, then=Value(2))
        unknown = When(Q(readiness=None) | Q(readiness__band=Band.UNKNOWN), then=Value(1))
        return self.annotate(list_rank=Case(retired, unknown, default=Value(0)))

    def for_list(self, reader: Any, at: datetime) -> Self:
        """What the list of champions shows, in one query."""
        rows = self.select_related("contact", "account__csm", "readiness__model").with_list_rank()
        return rows.with_readiness_before(at).with_last_activity().with_shown_name(reader)

    def movers(self, at: datetime, *, up: bool) -> Self:
        """Champions of the pool whose readiness moved by a full point or more in 30 days, furthest first."""
        rows = self.in_pool().with_readiness_before(at)
        moved = rows.filter(score_moved__gte=1) if up else rows.filter(score_moved__lte=-1)
        return moved.order_by("-score_moved" if up else "score_moved", "id")

    def never_active(self) -> Self:
        """Those who have done nothing yet that still stands."""
        return self.filter(~Exists(rows_of("Activity").filter(champion=OuterRef("pk"), withdrawn_at=None)))

    def active_since(self, since: datetime) -> Self:
        """Those with an act of theirs since a moment."""
        acts = rows_of("Activity").filter(champion=OuterRef("pk"), withdrawn_at=None)
        return self.filter(Exists(acts.filter(occurred_at__gte=since)))


def shown_name(reader: Any, prefix: str = "") -> Combinable:
    """The name of a champion as this reader may know it; `prefix` leads from another table (`champion__`).

    The same rule, for one row, is `advocacy.privacy.champion_name`.
    """
    return _where_known(reader, prefix, _person(prefix), _nameless(reader, prefix))


def _person(prefix: str) -> Combinable:
    parts = (f"{prefix}contact__first_name", Value(" "), f"{prefix}contact__last_name")
    return Coalesce(NullIf(Trim(Concat(*parts)), Value("")), f"{prefix}contact__email")


def _nameless(reader: Any, prefix: str) -> Combinable:
    return Concat(Value("Champion at "), f"{prefix}account__name") if sees_everything(reader) else Value("A champion")


def shown_title(reader: Any, prefix: str = "") -> Combinable:
    """The title of an act, empty where the reader does not know its champion: titles name them."""
    return _where_known(reader, f"{prefix}champion__", F(f"{prefix}title"), Value(""))


def shown_company(reader: Any, prefix: str = "") -> Combinable:
    """The company an act was done for, empty where the reader may not know it."""
    name = F(f"{prefix}account__name")
    return name if sees_everything(reader) else _where_known(reader, f"{prefix}champion__", name, Value(""))


def _where_known(reader: Any, prefix: str, known: Any, hidden: Any) -> Combinable:
    """One value for champions that the reader knows by name, another for the rest."""
    if knows_everybody(reader):
        return known
    if not may_see_people(reader):
        return hidden if not isinstance(hidden, Value) else Coalesce(hidden, Value(""))
    return Case(When(known_champion_q(reader, prefix=prefix), then=known), default=hidden, output_field=TextField())


def champions_among(contact_keys: Collection[int]) -> set[int]:
    """Those of the contacts who are champions, of whatever standing."""
    rows = rows_of("Champion").filter(contact__in=contact_keys)
    return set(rows.values_list("contact", flat=True))
