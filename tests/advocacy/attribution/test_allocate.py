"""The set-based allocator: equal to the twin in every field, and the laws every division obeys."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings

from advocacy.attribution.allocate import allocate, create_tables, empty_tables, load_rules
from advocacy.attribution.engines import allocate_in_python, allocate_in_sql, load_cases, split_in_sql
from advocacy.attribution.rules import Rule
from advocacy.attribution.twin import Case, Touch, split
from tests.advocacy.attribution import drawn

pytestmark = pytest.mark.django_db

SLOW_DRAW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
DAY = dt.timedelta(days=1)


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW_DRAW)
@given(pairs=drawn.pairs)
def test_sql_equals_the_twin_in_every_field(pairs: list[tuple[Rule, Case]]) -> None:
    assert allocate_in_sql(pairs) == allocate_in_python(pairs)
