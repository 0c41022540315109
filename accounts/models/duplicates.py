"""Rows that look like one and are not."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from accounts.choices import ObjectType
from clg.guards import known
from clg.history import tracked


@tracked()
class ToldApart(models.Model):
    """One of our people saw that some rows with the same domain or address are not the same.

    Born by that word, gone when they are to be looked at again. A further row with the same value is a new question.
    `keys` are those of rows of `object_type`, ascending.
    """

    object_type = models.CharField(max_length=20, choices=ObjectType.choices)
    keys = ArrayField(models.BigIntegerField())
    told_by = models.CharField(max_length=100, help_text="user:3")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "word that rows are not the same"
        verbose_name_plural = "words that rows are not the same"
        constraints = [known("object_type", ObjectType)]
        # Whether a group of look-alikes was told apart as a whole.
        indexes = [GinIndex(fields=["keys"], name="accounts_toldapart_keys")]

    def __str__(self) -> str:
        return f"{len(self.keys)} rows told apart"
