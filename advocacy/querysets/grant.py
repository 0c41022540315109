"""Reading grants, their events, notices, places of use and takedowns."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from advocacy.choices import GrantState
from advocacy.querysets.champion import shown_name
from advocacy.querysets.sibling import rows_of
from advocacy.querysets.sight import grant_q

GIVEN_STATES = (GrantState.GRANTED, GrantState.GRANTED_WITH_LIMITS)
# From a part of a grant to the grant, where it is not its own key.
_ROAD = {"TakedownTask": "grant_use__grant__"}


class GrantQuerySet(models.QuerySet[Any]):
    """Grants of persons and companies."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(grant_q(principal))

    def in_force(self, day: date) -> Self:
        """Given and within their term on a day, whether or not the nightly job ran."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=day), state__in=GIVEN_STATES, valid_from__lte=day)

    def ending_by(self, day: date) -> Self:
        """Those whose last day is on or before a day."""
        return self.filter(valid_until__lte=day)

    def endless_in_use(self) -> Self:
        """Those that something stands on and that have neither an end nor a day of review."""
        return self.filter(Exists(_live_places()), valid_until=None, review_on=None)

    def for_list(self, reader: Any) -> Self:
        """What the list of grants shows this reader, in one query: the grantor by name, live places of use."""
        places = _live_places().order_by().values("grant").annotate(n=Count("pk")).values("n")
        rows = self.select_related("champion__account", "champion__contact", "account")
        return rows.annotate(shown_grantor=_shown_grantor(reader), place_count=Coalesce(Subquery(places), 0))


class GrantPartQuerySet(models.QuerySet[Any]):
    """What hangs on a grant, seen with it."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(grant_q(principal, prefix=_ROAD.get(self.model.__name__, "grant__")))


class TakedownQuerySet(GrantPartQuerySet):
    """What must come down."""

    def open(self) -> Self:
        return self.filter(closed_at=None)

    def overdue(self, day: date) -> Self:
        """Not down, though it was due before a day."""
        return self.open().filter(due_on__lt=day)

    def for_list(self, reader: Any) -> Self:
        """What the list of takedowns shows this reader, in one query."""
        rows = self.select_related("grant_use__grant__champion__account", "grant_use__grant__account", "owner")
        return rows.annotate(shown_grantor=_shown_grantor(reader, "grant_use__grant__"))


def _live_places() -> Any:
    return rows_of("GrantUse").filter(grant=OuterRef("pk"), removed_at=None)


def _shown_grantor(reader: Any, prefix: str = "") -> Case:
    """The company, or the champion as this reader may know the person; `prefix` leads to the grant."""
    company = When(**{f"{prefix}champion": None}, then=F(f"{prefix}account__name"))
    return Case(company, default=shown_name(reader, f"{prefix}champion__"), output_field=models.TextField())
