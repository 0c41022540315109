"""The bucket: exactly what is allowed, whoever asks at once. `crm-sync` section 1."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from clg.api import rates
from clg.api.errors import RateLimited
from clg.models import RateBucket

pytestmark = pytest.mark.django_db
# Next to nothing comes back while a test runs.
SLOW = rates.Limit("slow", 1, 5, 86_400)


def test_bucket_gives_its_burst_and_no_more():
    left = [rates.take(SLOW, "client:7").remaining for _ in range(5)]

    with pytest.raises(RateLimited) as refusal:
        rates.take(SLOW, "client:7")
    assert left == [4, 3, 2, 1, 0]
    assert refusal.value.data["remaining"] == 0
    assert rates.take(SLOW, "client:8").remaining == 4


def test_first_call_of_a_bucket_cannot_cost_more_than_a_full_one():
    with pytest.raises(RateLimited) as refusal:
        rates.take(SLOW, "client:7", cost=6)

    assert refusal.value.data["remaining"] == 5
    assert not RateBucket.objects.exists()
    assert rates.take(SLOW, "client:7", cost=5).remaining == 0


def test_refused_call_takes_nothing():
    rates.take(SLOW, "client:7", cost=3)

    with pytest.raises(RateLimited):
        rates.take(SLOW, "client:7", cost=3)
    assert rates.take(SLOW, "client:7", cost=2).remaining == 0


def test_what_was_given_back_never_overflows():
    rates.take(SLOW, "client:7")
    rates.give_back(SLOW, "client:7")
    rates.give_back(SLOW, "client:7")

    assert rates.left(SLOW, "client:7").remaining == 5


@pytest.mark.django_db(transaction=True)
def test_parallel_calls_get_exactly_the_allowed_number():
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: _is_let_in(), range(40)))

    assert sum(got) == 5


def _is_let_in() -> bool:
    try:
        rates.take(SLOW, "client:7")
    except RateLimited:
        return False
    finally:
        connection.close()
    return True
