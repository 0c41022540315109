"""How a related row stands in an answer: its id and the caller's own id of it, or everything with `expand`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clg import codes
from clg.api.fields import PublicId, Text
from clg.api.outputs import Output


class Reference(Output):
    """`{"id": "acc_...", "external_id": "001..."}`, or null."""

    id = PublicId()
    external_id = Text()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return reference_to(instance, self.context)


def reference_to(row: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": codes.name_of(row), "external_id": external_id_of(row, context)}


def external_id_of(row: Any, context: Mapping[str, Any]) -> str | None:
    """The caller's own id of a row, from the names that the door looked up for the page."""
    name: str | None = context["external_names"].get((row._meta.model_name, row.pk))
    return name


class OwnExternalId(Text):
    """The caller's own id of the row itself."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"source": "*", "help_text": "Of the caller's source; null for a person.", **kwargs})

    def to_representation(self, value: Any) -> Any:
        return external_id_of(value, self.context)
