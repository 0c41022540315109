"""The form of a new version: every choice of a rule, the current ones filled in, wrong ones told beside their field."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms

from accounts.choices import OpportunityKind
from advocacy.attribution.rules import PRESETS
from advocacy.choices import ActivityKind, Dedupe, Family, Rung, Side
from advocacy.models import AttributionModelVersion
from clg.errors import InvalidInput

OWN_WEIGHTS: Final = ""
RUNGS: Final = [(rung.value, f"{rung.value} {rung.label.replace('_', ' ')}") for rung in Rung]
_WEIGHT_LINE: Final = re.compile(r"^(?P<position>.+?)[\s=]+(?P<weight>\S+)$")


def _several(label: str, choices: Any, help_text: str = "", **options: Any) -> forms.Field:
    return forms.TypedMultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        help_text=help_text,
        widget=forms.CheckboxSelectMultiple,
        **options,
    )


class VersionForm(forms.Form):
    """Checks of form only; what a rule may say, `validate_rule` knows."""

    family = forms.ChoiceField(label="Family", choices=Family.choices)
    preset = forms.ChoiceField(
        label="Weights by position",
        choices=[*((name, name.replace("_", " ").capitalize()) for name in PRESETS), (OWN_WEIGHTS, "Own weights")],
        required=False,
    )
    weights = forms.CharField(
        label="Own weights",
        required=False,
        help_text="One a line: first 0.4. Positions are first, last, lead, opened, closed and stage:code.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    middle = forms.CharField(
        label="Own weight of the middle", required=False, help_text="Shared by all touches without a position."
    )
    exclude = _several("Activity kinds passed over", ActivityKind.choices)
    half_life_hours = forms.IntegerField(label="Half-life in hours", required=False, help_text="1 to 17,520")
    anchor = forms.CharField(label="Touches count up to", help_text="opened, closed or stage:code")
    window_days = forms.IntegerField(label="Window in days before the opening", help_text="1 to 730")
    dedupe = forms.ChoiceField(label="An activity that touches twice", choices=Dedupe.choices)
    rungs = _several("Matches admitted", RUNGS, coerce=int)
    sides = _several("Whose advocacy", Side.choices)
    opportunity_kinds = _several("Kinds of deals", OpportunityKind.choices)
    activity_kinds = _several("Kinds of activities", ActivityKind.choices, "None chosen: all.")
    use_hint = forms.BooleanField(label="Multiply by the weight hint of an encounter", required=False)
    note = forms.CharField(label="Why this version", required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def rule(self) -> dict[str, Any]:
        """The fields of the rule, as `define_model_version` takes them."""
        answers = self.cleaned_data
        plain = ("family", "anchor", "window_days", "dedupe", "rungs", "sides", "opportunity_kinds", "use_hint")
        kinds = answers["activity_kinds"] or None
        return {**{name: answers[name] for name in plain}, "activity_kinds": kinds, "parameters": self._parameters()}

    def _parameters(self) -> dict[str, Any]:
        answers = self.cleaned_data
        if answers["family"] == Family.LAST_NON:
            return {"exclude": answers["exclude"]}
        if answers["family"] == Family.TIME_DECAY:
            return {"half_life_hours": answers["half_life_hours"]}
        if answers["preset"]:
            return {"preset": answers["preset"]}
        return {"weights": dict(_weights(answers["weights"])), "middle": answers["middle"].strip() or "0"}

    def refuse(self, error: InvalidInput) -> None:
        """Each sentence beside the field it is about."""
        for one in error.errors:
            names = [name for name in one.pointer.split("/") if name in self.fields]
            self.add_error(names[0] if names else None, one.detail)


def _weights(text: str) -> list[tuple[str, str]]:
    """'first 0.4' and 'stage:demo = 0.6', one a line; a line without a weight keeps all of it as its position."""
    found = [(_WEIGHT_LINE.match(line), line) for line in map(str.strip, text.splitlines()) if line]
    return [(match["position"], match["weight"]) if match else (line, "") for match, line in found]


def answers_of(version: AttributionModelVersion | None) -> dict[str, Any]:
    """What the form shows first: the rule of a version."""
    if version is None:
        return {}
    parameters = version.parameters
    weights = "\n".join(f"{position} {weight}" for position, weight in parameters.get("weights", {}).items())
    return {
        **{name: getattr(version, name) for name in VersionForm.base_fields if hasattr(version, name)},
        "note": "",
        "preset": parameters.get("preset", OWN_WEIGHTS),
        "weights": weights,
        "middle": parameters.get("middle", ""),
        "exclude": parameters.get("exclude", []),
        "half_life_hours": parameters.get("half_life_hours"),
    }
