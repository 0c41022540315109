"""Which models are used, by which version of their rule, and which is the default of its question."""

from __future__ import annotations

from typing import Any

from django import forms

from advocacy.actions.model import activate_model, retire_model, set_default_model
from advocacy.models import AttributionModelVersion
from advocacy.permissions import may_run_attribution
from clg import wording
from clg.admin import Act, RowForm

COMPUTED = "Its run is queued; the figures follow by themselves."


class ActivateForm(RowForm):
    """Which version of the rule; the newest is suggested."""

    version = forms.ModelChoiceField(
        label="Which version", queryset=AttributionModelVersion.objects.none(), empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = self.row.versions.select_related("model").order_by("-number")
        field = self.fields["version"]
        field.queryset = versions  # type: ignore[attr-defined]
        field.label_from_instance = _told  # type: ignore[attr-defined]
        field.initial = versions.first()


def _told(version: AttributionModelVersion) -> str:
    said = f"v{version.number}, {version.get_family_display().lower()}, {wording.day(version.created_at)}"
    return f"{said}: {version.note}" if version.note else said


def _can_be_activated(row: Any, reader: Any) -> bool:
    """There is a rule to use, and it is not the only one and in use already."""
    return bool(row.versions.exclude(pk=row.current_version_id if row.is_active else None).exists())


MODEL_ACTS = (
    Act(
        "retire",
        "Retire",
        "It is not computed any more and its figures leave every page; the ledger keeps what they were. It can be"
        " activated again.",
        f"Retired. {COMPUTED}",
        lambda row, answers, by, at: retire_model(model=row, by=by, at=at),
        lambda row, reader: row.is_active,
        tone="danger",
        may=may_run_attribution,
    ),
    Act(
        "make-default",
        "Make default",
        "Pages, headlines and the CRM read this model first for its question, instead of the one that is the default"
        " now. No credit changes.",
        "It is the default of its question.",
        lambda row, answers, by, at: set_default_model(model=row, by=by, at=at),
        lambda row, reader: not row.is_default,
        may=may_run_attribution,
    ),
    Act(
        "activate",
        "Activate",
        "Every deal is divided anew under this version. Credit that comes out the same is not written again; what"
        " differs is a new generation, and the CRM hears of it.",
        f"In use. {COMPUTED}",
        lambda row, answers, by, at: activate_model(model=row, version=answers["version"], by=by, at=at),
        _can_be_activated,
        form=ActivateForm,
        tone="primary",
        may=may_run_attribution,
    ),
)
