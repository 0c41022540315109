"""Attribution models: new versions of their rule, which are in use, and the default of each question."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.db import transaction

from accounts.models import User
from advocacy.actions.attribution import request_run, start_run
from advocacy.attribution.rules import rule_of, validate_rule
from advocacy.choices import ActivityKind, RunKind
from advocacy.errors import DefaultModel, ModelNotActive, NoVersion
from advocacy.models import AttributionModel, AttributionModelVersion, AttributionRun
from clg.errors import FieldError, InvalidInput
from clg.events.outbox import emit

RULE_FIELDS: Final = (
    "family",
    "parameters",
    "anchor",
    "window_days",
    "dedupe",
    "rungs",
    "sides",
    "opportunity_kinds",
    "activity_kinds",
    "use_hint",
)


@transaction.atomic
def define_model_version(
    *, model: AttributionModel, at: dt.datetime, by: User | None = None, note: str = "", **rule: Any
) -> AttributionModelVersion:
    """Store a new version of a model's rule, not yet in use; fields left out are those of the current one.

    Raises `InvalidInput` (invalid_parameters) naming each wrong field.
    """
    version = draft_version(model=_locked(model), by=by, note=note, **rule)
    version.save(force_insert=True)
    return version


def draft_version(
    *, model: AttributionModel, by: User | None = None, note: str = "", **rule: Any
) -> AttributionModelVersion:
    """The version that these fields would make, checked and not stored. Raises as `define_model_version`."""
    unknown = sorted(set(rule) - set(RULE_FIELDS))
    if unknown:
        errors = [
            FieldError(code="unknown_field", detail="A rule has no such field.", pointer=f"/{n}") for n in unknown
        ]
        raise InvalidInput(f"A rule has no field {', '.join(unknown)}.", errors=errors)
    current = model.current_version
    kept = {field: getattr(current, field) for field in RULE_FIELDS} if current else {}
    last = model.versions.order_by("-number").first()
    version = AttributionModelVersion(
        model=model, number=last.number + 1 if last else 1, note=note, created_by=by, **{**kept, **rule}
    )
    validate_rule(rule_of(version), known_kinds=ActivityKind.values)
    return version


@transaction.atomic
def activate_model(
    *, model: AttributionModel, at: dt.datetime, version: AttributionModelVersion | None = None, by: User | None = None
) -> AttributionModel:
    """Use a model, with this version of its rule or its current one, and queue the run that computes it.

    Raises `Conflict` (no_version) for a model without a rule, or with a version that is another model's.
    """
    model = _locked(model)
    version = version or model.current_version
    if version is None or version.model_id != model.pk:
        raise NoVersion
    if model.is_active and version == model.current_version:
        return model
    model.current_version, model.is_active = version, True
    model.save(update_fields=["current_version", "is_active"])
    run = _queue(model, at, by)
    if run is not None:
        emit("attribution.model_activated", object_type="attribution_run", object_id=run.public_id)
    return model


@transaction.atomic
def retire_model(*, model: AttributionModel, at: dt.datetime, by: User | None = None) -> AttributionModel:
    """Stop using a model; the run that is queued closes its sets. Raises `Conflict` (default_model)."""
    model = _locked(model)
    if not model.is_active:
        return model
    if model.is_default:
        raise DefaultModel
    model.is_active = False
    model.save(update_fields=["is_active"])
    _queue(model, at, by)
    return model


@transaction.atomic
def set_default_model(*, model: AttributionModel, at: dt.datetime, by: User | None = None) -> AttributionModel:
    """Make a model the default of its question. Raises `Conflict` (model_not_active)."""
    siblings = AttributionModel.objects.select_for_update().filter(question=model.question).order_by("pk")
    model = next(row for row in siblings if row.pk == model.pk)
    if model.is_default:
        return model
    if not model.is_active:
        raise ModelNotActive
    AttributionModel.objects.filter(question=model.question, is_default=True).update(is_default=False)
    model.is_default = True
    model.save(update_fields=["is_default"])
    return model


def _locked(model: AttributionModel) -> AttributionModel:
    return AttributionModel.objects.select_for_update(of=("self",)).get(pk=model.pk)


def _queue(model: AttributionModel, at: dt.datetime, by: User | None) -> AttributionRun | None:
    if by is None:
        return start_run(kind=RunKind.MODEL, models=[model], at=at)
    return request_run(kind=RunKind.MODEL, models=[model], at=at, by=by)
