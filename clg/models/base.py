"""Columns and queryset behaviour that models of every floor share."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.functions import RandomUUID
from django.db import models

from clg import codes


class PublicModel(models.Model):
    """A row that the outside world may name: `public_id` is its name, the bigint key never leaves."""

    PUBLIC_PREFIX: ClassVar[str]

    public_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)

    class Meta:
        abstract = True

    @property
    def name_outside(self) -> str:
        """The opaque id of API and pages, such as `acc_6f0c...`."""
        return codes.name_of(self)


class VersionedModel(models.Model):
    """A row whose `version` rises by one with every effective change: by the trigger `counts_versions`, which the model
    names among its own. A row in memory knows a new one after reading it again."""

    version = models.BigIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        abstract = True
