"""The same page as a serializer of the model would write it, names of refs looked up row by row left out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from clg.models import OutboxEvent


class EventSerializer(serializers.ModelSerializer[OutboxEvent]):
    """Every column of an event."""

    class Meta:
        model = OutboxEvent
        exclude = ("id",)


def page_by_serializer(after: int, limit: int) -> Any:
    rows = OutboxEvent.objects.filter(position__gt=after).order_by("position")[:limit]
    return JSONRenderer().render({"data": EventSerializer(rows, many=True).data})
