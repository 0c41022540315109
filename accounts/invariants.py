"""I4: names of our rows lead to one row each. I5: what changed was told. I7, I10: imports. I17: what is hashed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, get_hashers
from django.db.models import Q
from django.db.models.functions import Now

from accounts.choices import ObjectType
from accounts.models import ApiClient, ImportJob, User
from clg.invariants import SAMPLE_SIZE, Depth, Finding, Invariant, look_by_sql, register

LEASES_LATE: Final = dt.timedelta(minutes=5)
_IDENTITIES: Final = (Path(__file__).parent / "invariant_identities.sql").read_text()
_IMPORTS: Final = (Path(__file__).parent / "invariant_imports.sql").read_text()
_TOLD: Final = (Path(__file__).parent / "invariant_told.sql").read_text()


def register_invariants() -> None:
    register(Invariant("I4", "identities lead to one object each, without circles", look_by_sql(_IDENTITIES)))
    for noun in ObjectType.values:
        title = f"the version of every {noun} changed in 30 days was told"
        register(Invariant("I5", title, look_by_sql(_TOLD.format(noun=noun))))
    register(Invariant("I7", "no import waits longer than 5 minutes for a worker after its lease", _left_alone))
    register(Invariant("I10", "lines of imports add up, and chunks join without gap", look_by_sql(_IMPORTS)))
    register(Invariant("I17", "passwords and client secrets are hashed", _hashed))


def _left_alone(depth: Depth) -> Finding:
    """Running imports whose worker was lost and that none took over."""
    running = ImportJob.objects.running()
    late = running.filter(lease_until__lt=Now() - LEASES_LATE)
    return Finding(running.count(), late.count(), [job.name_outside for job in late[:SAMPLE_SIZE]])


def _hashed(depth: Depth) -> Finding:
    """By the prefix that each hasher writes."""
    clear = [f"user:{pk}" for pk in User.objects.exclude(_is_hashed("password")).values_list("pk", flat=True)]
    clear += [
        f"client:{pk}" for pk in ApiClient.objects.exclude(_is_hashed("client_secret")).values_list("pk", flat=True)
    ]
    return Finding(User.objects.count() + ApiClient.objects.count(), len(clear), clear)


def _is_hashed(column: str) -> Q:
    prefixes = [UNUSABLE_PASSWORD_PREFIX, *(f"{hasher.algorithm}$" for hasher in get_hashers())]
    return Q(*((f"{column}__startswith", prefix) for prefix in prefixes), _connector=Q.OR)
