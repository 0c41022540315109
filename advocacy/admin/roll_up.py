"""This floor on the pages of accounts and contacts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.models import Account, Contact
from advocacy.admin.champion_acts import NOMINATE
from advocacy.admin.words import champion_link, score_cell, standing_tag
from advocacy.models import Champion
from advocacy.permissions import may_see_people, may_see_pool
from clg import wording
from clg.admin import cells, register_act, register_panel
from clg.admin.cards import TableCard

CHAMPIONS_SHOWN = 10


def account_champions(request: HttpRequest, row: Any) -> SafeString | str:
    """Who of this account is in the pool."""
    if not may_see_pool(request.user):
        return ""
    rows = Champion.objects.visible_to(request.user).filter(account=row).for_list(request.user, timezone.now())
    return TableCard(
        title="Champions here",
        head=["Champion", "Standing", "Readiness", "Last activity"],
        rows=[
            [
                champion_link(champion, request.user),
                standing_tag(champion),
                score_cell(getattr(champion, "readiness", None), champion.score_moved),
                wording.day(champion.last_activity_at),
            ]
            for champion in rows.order_by("list_rank", "-readiness__score", "id")[:CHAMPIONS_SHOWN]
        ],
        empty="Nobody of this account is in the pool. Nominate a contact who would speak for you.",
    ).drawn()


def contact_champion(request: HttpRequest, row: Any) -> SafeString | str:
    """Whether this person is in the pool, and how ready they are."""
    if not may_see_people(request.user):
        return ""
    found = Champion.objects.visible_to(request.user).filter(contact=row).for_list(request.user, timezone.now())
    return TableCard(
        title="In the pool",
        head=["Champion", "Standing", "Readiness", "Last activity"],
        rows=[
            [
                cells.link(champion),
                standing_tag(champion),
                score_cell(getattr(champion, "readiness", None), champion.score_moved),
                wording.day(champion.last_activity_at),
            ]
            for champion in found
        ],
        empty="Not in the pool. Nominate them if they would speak for you.",
    ).drawn()


register_panel(Account, account_champions, place=20)
register_panel(Contact, contact_champion, place=20)
register_act(Contact, NOMINATE)
