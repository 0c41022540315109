"""Champions of contacts that are merged: one contact has one champion.

The winner's champion stays, else the one of the losers who came furthest in the pool. The others give it what they
did, leave the pool as duplicates and stay with their hidden contact. The one who stays takes the standing of whoever
came furthest, so a person asked and active does not fall back to a nomination.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from advocacy.choices import Standing
from advocacy.models import Activity, Champion, ChampionEvent

# From the last to the first: who leaves the pool for whom.
_FURTHEST: Final = (
    Standing.ACTIVE,
    Standing.RESTING,
    Standing.PAUSED,
    Standing.INVITED,
    Standing.NOMINATED,
    Standing.RETIRED,
)
_STANDING: Final = ("standing", "standing_reason", "standing_since", "rests_until", "paused_until", "paused_by")
_MEMBERSHIP: Final = (*_STANDING, "invited_at", "joined_at", "reviewed_at")
_REASON: Final = "duplicate"


def take_champions(*, contacts: Mapping[int, int], at: dt.datetime) -> dict[str, Any]:
    """Leave each winning contact one champion; what moved, for `give_champions_back`."""
    moved: dict[str, Any] = {}
    for winner in sorted(set(contacts.values())):
        losers = [loser for loser, into in contacts.items() if into == winner]
        rows = Champion.objects.filter(contact__in=[winner, *losers]).select_for_update(of=("self",)).order_by("pk")
        if champions := list(rows):
            _take(champions, winner, at, moved)
    return moved


def _take(champions: Sequence[Champion], winner: int, at: dt.datetime, moved: dict[str, Any]) -> None:
    furthest = min(champions, key=lambda champion: _FURTHEST.index(Standing(champion.standing)))
    stays = next((champion for champion in champions if champion.contact_id == winner), furthest)
    others = [champion for champion in champions if champion.pk != stays.pk]
    if stays.contact_id != winner:
        moved[str(stays.contact_id)] = [stays.pk]
        stays.contact_id = winner
        stays.save(update_fields=["contact"])
    if not others:
        return
    was = moved.setdefault("was", {})
    was.update({str(champion.pk): _state_of(champion) for champion in champions})
    if _FURTHEST.index(Standing(furthest.standing)) < _FURTHEST.index(Standing(stays.standing)):
        _stand(stays, {name: getattr(furthest, name) for name in _MEMBERSHIP}, at)
    for champion in others:
        acts = moved.setdefault("acts", {}).setdefault(str(stays.pk), {})
        acts[str(champion.pk)] = _hand_acts(champion.pk, stays.pk)
        if champion.standing != Standing.RETIRED:
            gone = {"standing": Standing.RETIRED, "standing_reason": _REASON, "standing_since": at}
            _stand(champion, gone, at)


def _state_of(champion: Champion) -> dict[str, str | None]:
    """The columns of a membership as text; moments with their offset."""
    values = {name: getattr(champion, name) for name in _MEMBERSHIP}
    return {name: value.isoformat() if isinstance(value, dt.datetime) else value for name, value in values.items()}


def _hand_acts(champion: int, to: int, only: Sequence[int] | None = None) -> list[int]:
    acts = Activity.objects.filter(champion=champion).order_by("pk")
    keys = list((acts if only is None else acts.filter(pk__in=only)).values_list("pk", flat=True))
    Activity.objects.filter(pk__in=keys).update(champion=to)
    return keys


def _stand(champion: Champion, columns: Mapping[str, Any], at: dt.datetime) -> None:
    """Put a champion where a merge, or undoing one, leaves them, with a row of their history."""
    before = champion.standing
    for name, value in columns.items():
        setattr(champion, name, value)
    champion.save(update_fields=list(columns))
    ChampionEvent.objects.create(
        champion=champion,
        action="merge",
        from_standing=before,
        to_standing=champion.standing,
        reason=champion.standing_reason,
        actor="system",
        at=at,
    )


def give_champions_back(*, contacts: Mapping[int, int], moved: Mapping[str, Any], at: dt.datetime) -> dict[str, Any]:
    """Undo `take_champions` for whoever still stands as it left them; champions and acts that stayed."""
    kept: dict[str, Any] = {}
    for loser, winner in contacts.items():
        for pk in moved.get(str(loser), []):
            if not Champion.objects.filter(pk=pk, contact=winner).update(contact=loser):
                kept.setdefault(str(loser), []).append(pk)
    for stays, of_others in moved.get("acts", {}).items():
        for champion, acts in of_others.items():
            back = _hand_acts(int(stays), int(champion), acts)
            if stayed := sorted(set(acts) - set(back)):
                kept.setdefault("acts", {})[champion] = stayed
    _restore_standings(moved, at)
    return kept


def _restore_standings(moved: Mapping[str, Any], at: dt.datetime) -> None:
    """Whoever nobody moved since stands as before."""
    was = moved.get("was", {})
    champions = Champion.objects.filter(pk__in=map(int, was)).select_for_update(of=("self",)).order_by("pk")
    for champion in champions:
        last = champion.events.order_by("-at", "-id").first()
        before = was[str(champion.pk)]
        if last is not None and last.action == "merge" and before["standing"] != champion.standing:
            _stand(champion, {name: _value(name, text) for name, text in before.items()}, at)


def _value(name: str, text: str | None) -> str | dt.datetime | None:
    is_moment = name.endswith(("_at", "_since", "_until")) and text is not None
    return dt.datetime.fromisoformat(text or "") if is_moment else text
