"""Waking the scorer, or the divider of credit, when a change commits: the work itself is the mark in the queue."""

from __future__ import annotations

from clg.events.waking import wake_on_commit


def wake_scorer() -> None:
    """Queue the scoring task once the open transaction commits."""
    wake_on_commit("advocacy.score_readiness")


def wake_attribution() -> None:
    """Queue the changes run once the open transaction commits: somebody looks at the page and waits."""
    wake_on_commit("advocacy.attribute_changes")
