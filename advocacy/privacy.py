"""What of a champion a reader may know. `security` section 2.3, class F1.

Marketers, administrators and the CSM know the person; leaders and auditors the company; sellers neither, since who it
is opens to them only stage by stage of a request. A title often names the champion, so it goes with the person.
"""

from __future__ import annotations

from typing import Any

from advocacy.models import Activity, Champion
from advocacy.permissions import may_see_people, sees_everything

SOMEBODY = "A champion"


def champion_name(champion: Champion, reader: Any) -> str:
    if may_see_people(reader):
        return str(champion.contact)
    return f"Champion at {champion.account}" if sees_everything(reader) else SOMEBODY


def activity_title(activity: Activity, reader: Any) -> str:
    """The title of an act, or only its kind."""
    return str(activity) if may_see_people(reader) else activity.get_kind_display()
