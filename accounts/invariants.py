"""I4: names that sources gave our rows lead to one row each, and never in a circle. I10: imports. I17: secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, get_hashers
from django.db.models import Q

from accounts.models import ApiClient, User
from clg.invariants import Depth, Finding, Invariant, look_by_sql, register

_IDENTITIES: Final = (Path(__file__).parent / "invariant_identities.sql").read_text()
_IMPORTS: Final = (Path(__file__).parent / "invariant_imports.sql").read_text()


def register_invariants() -> None:
    register(Invariant("I4", "identities lead to one object each, without circles", look_by_sql(_IDENTITIES)))
    register(Invariant("I10", "lines of imports add up, and chunks join without gap", look_by_sql(_IMPORTS)))
    register(Invariant("I17", "passwords and client secrets are hashed", _hashed))


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
