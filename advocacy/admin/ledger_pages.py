"""What hangs on an activity, an encounter, a credit set, a model and a weight set."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.choices import SIGNAL_KINDS
from advocacy.admin.activity import buyer_of
from advocacy.admin.credit import rung_tag
from advocacy.admin.words import activity_link
from advocacy.models import (
    Activity,
    AttributionModel,
    AttributionModelVersion,
    Credit,
    CreditSet,
    Encounter,
    ReadinessModel,
    Touch,
)
from advocacy.privacy import champion_name
from clg import wording
from clg.admin import cells, register_panel
from clg.admin.cards import TableCard, heading

ROWS_SHOWN = 50


def activity_head(request: HttpRequest, row: Any) -> SafeString:
    facts = [
        row.get_kind_display(),
        champion_name(row.champion, request.user),
        cells.link(row.account),
        wording.day(row.occurred_at),
        cells.tag(f"Withdrawn: {row.withdrawn_reason}", "warn") if row.is_withdrawn else "",
        cells.tag("Repeats another activity", "quiet") if row.duplicate_of_id else "",
    ]
    return heading(str(row), facts)


def activity_touches(request: HttpRequest, row: Any) -> SafeString:
    """The deals this act met, how surely, and the credit it holds there now."""
    touches = Touch.objects.visible_to(request.user).counting().filter(activity=row).with_receipts()
    return TableCard(
        title="Deals it met",
        note="credit under the default influenced model",
        head=["Deal", "When", "Match", "Role", "Credit"],
        rows=[
            [
                cells.link(touch.opportunity),
                wording.day(touch.occurred_at),
                rung_tag(touch.rung),
                touch.get_role_display(),
                wording.minor(touch.earned_minor, settings.CLG_CURRENCY),
            ]
            for touch in touches.select_related("opportunity").order_by("-occurred_at", "-id")[:ROWS_SHOWN]
        ],
        empty="It met no deal so far. Encounters with buyers make the touches.",
        numeric=frozenset({4}),
    ).drawn()


def activity_encounters(request: HttpRequest, row: Any) -> SafeString:
    rows = Encounter.objects.visible_to(request.user).filter(activity=row).for_list(request.user)
    related = rows.order_by("-occurred_at", "-id")
    return TableCard(
        title="Buyers it met",
        head=["Encounter", "Buyer", "When", "Source"],
        rows=[
            [
                cells.link(one, one.get_kind_display()),
                buyer_of(one),
                wording.day(one.occurred_at),
                one.source,
            ]
            for one in related[:ROWS_SHOWN]
        ],
        empty="No encounter recorded.",
    ).drawn()


def encounter_head(request: HttpRequest, row: Any) -> SafeString:
    """Which act met whom, said by whom; what a person named carries their name."""
    facts = [
        cells.tag(f"Withdrawn: {row.withdrawn_reason}", "warn")
        if row.is_withdrawn
        else cells.tag("Stands", "good", "✓"),
        row.get_kind_display(),
        champion_name(row.activity.champion, request.user),
        f"met {buyer_of(row)}",
        wording.day(row.occurred_at),
        f"named by {row.named_by}" if row.named_by else f"told by {row.source}",
    ]
    return heading(str(row.activity), facts)


def set_lines(request: HttpRequest, row: Any) -> SafeString:
    """The ledger lines of one generation."""
    lines = Credit.objects.visible_to(request.user).filter(credit_set=row)
    return TableCard(
        title=f"Generation {row.generation} of {row.opportunity} under {row.model}",
        note="append-only; a change is a new generation",
        head=["Line", "Activity", "Millionths", f"Credit, {row.currency}", f"In reports, {row.reporting_currency}"],
        rows=[
            [
                str(line.line_no),
                _what(line, request.user),
                wording.number(line.credit_micros),
                wording.minor_figure(line.amount_minor, row.currency),
                wording.minor_figure(line.reporting_minor, row.reporting_currency),
            ]
            for line in lines.select_related("touch__activity__champion__account").order_by("line_no")[:ROWS_SHOWN]
        ],
        empty=f"No lines: {row.closed_reason.replace('_', ' ') or 'out of scope'}.",
        numeric=frozenset({2, 3, 4}),
    ).drawn()


def _what(line: Credit, reader: Any) -> SafeString | str:
    if line.touch is None:
        return line.get_unattributed_reason_display()
    return activity_link(line.touch.activity, reader)


def model_head(request: HttpRequest, row: Any) -> SafeString:
    standing = "Default of its question" if row.is_default else "Active" if row.is_active else "Not active"
    facts = [
        cells.tag(standing, "good" if row.is_active else "quiet", "✓" if row.is_default else ""),
        cells.keyed(row.get_question_display(), row.question),
        cells.code(row.key),
        row.description,
    ]
    return heading(str(row), facts)


def model_versions(request: HttpRequest, row: Any) -> SafeString:
    """Every rule the model ever had, newest first: the one in use is marked, the others stay as they were."""
    versions = row.versions.select_related("created_by").order_by("-number")
    return TableCard(
        title="Versions",
        note="never changed; a new one is not in use before it is activated",
        head=["Version", "Family", "Parameters", "Counts back from", "Window", "Rungs", "Sides", "Made", "Why"],
        rows=[
            [
                _version_name(version, row),
                version.get_family_display(),
                cells.code(", ".join(f"{key}: {value}" for key, value in version.parameters.items())),
                version.anchor,
                f"{version.window_days} days",
                ", ".join(map(str, version.rungs)),
                ", ".join(version.sides),
                f"{wording.day(version.created_at)}, {version.created_by or 'installation'}",
                version.note or wording.UNKNOWN,
            ]
            for version in versions
        ],
        empty="No version yet. Define one: it is not in use before it is activated.",
    ).drawn()


def _version_name(version: AttributionModelVersion, model: AttributionModel) -> SafeString:
    if version.pk != model.current_version_id:
        return format_html("v{}", version.number)
    said = cells.tag("In use", "good", "✓") if model.is_active else cells.tag("Not active")
    return format_html("v{} {}", version.number, said)


def weights(request: HttpRequest, row: Any) -> SafeString:
    """The weights of a set, heaviest first, and what a missing signal does."""
    rows = row.weights.order_by("-weight", "kind")
    return TableCard(
        title=f"{row} weigh {wording.count(len(rows), 'kind')} of signal",
        note=row.reason,
        head=["Signal", "Weight", "Half-life", "When missing"],
        rows=[
            [
                SIGNAL_KINDS[weight.kind].label,
                str(weight.weight),
                f"{weight.half_life_days} days" if weight.half_life_days else "does not fade",
                weight.get_missing_display(),
            ]
            for weight in rows
        ],
        empty="No weights yet.",
        numeric=frozenset({1}),
    ).drawn()


register_panel(Activity, activity_head, place=10)
register_panel(Activity, activity_touches, place=20)
register_panel(Activity, activity_encounters, place=30)
register_panel(Encounter, encounter_head, place=10)
register_panel(AttributionModel, model_head, place=10)
register_panel(CreditSet, set_lines, place=20)
register_panel(AttributionModel, model_versions, place=20)
register_panel(ReadinessModel, weights, place=20)
