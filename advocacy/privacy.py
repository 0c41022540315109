"""What of a champion a reader may know. `security` section 2.3, class F1."""

from __future__ import annotations

from typing import Any

from advocacy.models import Champion
from advocacy.permissions import may_see_people


def champion_name(champion: Champion, reader: Any) -> str:
    """The person's name, or the company for readers who see no persons."""
    if may_see_people(reader):
        return str(champion.contact)
    return f"Champion at {champion.account}"
