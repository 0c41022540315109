"""The set-based allocator: equal to the twin in every field, and the laws every division obeys."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from advocacy.attribution.engines import allocate_in_python, allocate_in_sql
from advocacy.attribution.rules import Rule
from advocacy.attribution.twin import Case
from tests.advocacy.attribution import drawn

pytestmark = pytest.mark.django_db

SLOW_DRAW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW_DRAW)
@given(pairs=drawn.pairs)
def test_sql_equals_the_twin_in_every_field(pairs: list[tuple[Rule, Case]]) -> None:
    assert allocate_in_sql(pairs) == allocate_in_python(pairs)
