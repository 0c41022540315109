"""Filters that people keep for themselves."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class SavedFilter(models.Model):
    """A name one person gave to the filters, search and order of a list; theirs alone, made and removed by them."""

    owner = models.CharField(max_length=40, help_text="user:3")
    screen = models.CharField(max_length=80, help_text="the list's model: advocacy.champion")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    saved_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "screen", "name"],
                name="%(app_label)s_%(class)s_name_once",
                violation_error_message="You have saved filters of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name
