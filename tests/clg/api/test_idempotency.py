"""Keyed requests: one effect, one answer, whatever the client repeats."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from clg.api.errors import (
    IdempotencyInFlight,
    IdempotencyKeyReused,
    InvalidIdempotencyKey,
    MissingIdempotencyKey,
    RateLimited,
)
from clg.api.idempotency import answer_once
from clg.errors import Conflict
from clg.models import IdempotencyKey, SecurityLog


def request_of(body, key="k-1", path="/api/v1/things"):
    headers = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    made = APIRequestFactory().post(path, body, format="json", **headers)
    return APIView().initialize_request(made)


def effect():
    SecurityLog.objects.create(event="made")
    return Response({"secret": "shown once", "n": SecurityLog.objects.count()}, status=201)


def ask(body, key="k-1", *, principal="client:1", handle=effect, required=True):
    return answer_once(request_of(body, key), principal=principal, required=required, handle=handle)


@pytest.mark.django_db
def test_repeat_has_one_effect_and_the_same_bytes():
    first = ask({"a": 1, "b": 2})
    again = ask({"b": 2, "a": 1}, key='"k-1"')

    assert SecurityLog.objects.count() == 1
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"


@pytest.mark.django_db
def test_stored_answer_is_encrypted():
    ask({})

    assert b"shown once" not in bytes(IdempotencyKey.objects.get().body)


@pytest.mark.django_db
def test_stored_answer_names_the_rows_that_it_tells_of():
    one, other = f"con_{'a' * 32}", f"acc_{'1' * 32}"

    ask({}, handle=lambda: Response({"results": [{"id": one}, {"id": one, "account": {"id": other}}, {"id": None}]}))

    assert IdempotencyKey.objects.get().refs == [other, one]


@pytest.mark.django_db
def test_other_body_is_refused_and_changes_nothing():
    ask({"a": 1})

    with pytest.raises(IdempotencyKeyReused):
        ask({"a": 2})

    assert SecurityLog.objects.count() == 1


@pytest.mark.django_db
def test_keys_belong_to_their_principal():
    ask({})
    ask({}, principal="client:2")

    assert SecurityLog.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ä"])
def test_bad_keys_are_refused(key):
    with pytest.raises(InvalidIdempotencyKey):
        ask({}, key=key)


@pytest.mark.django_db
def test_missing_key():
    with pytest.raises(MissingIdempotencyKey):
        ask({}, key=None)
    assert ask({}, key=None, required=False).status_code == 201
    assert IdempotencyKey.objects.count() == 0


@pytest.mark.django_db
def test_refusal_of_the_domain_is_an_answer_without_effect():
    def refuse():
        SecurityLog.objects.create(event="half")
        raise Conflict("Not in this state.", code="invalid_transition")

    first = ask({}, handle=refuse)
    again = ask({})

    assert (first.status_code, again.status_code) == (409, 409)
    assert again.content == first.content
    assert SecurityLog.objects.count() == 0


@pytest.mark.django_db
def test_quota_and_defects_are_not_stored():
    def limited():
        raise RateLimited

    def broken():
        raise ZeroDivisionError

    with pytest.raises(RateLimited):
        ask({}, handle=limited)
    with pytest.raises(ZeroDivisionError):
        ask({}, handle=broken)

    assert IdempotencyKey.objects.count() == 0
    assert ask({}).status_code == 201


@pytest.mark.django_db
def test_key_lives_seven_days():
    ask({})
    IdempotencyKey.objects.update(expires_at=timezone.now())

    assert "Idempotency-Replayed" not in ask({"other": True})
    assert SecurityLog.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_calls_have_one_effect():
    inside, go_on = threading.Event(), threading.Event()
    results = []

    def slow_effect():
        inside.set()
        go_on.wait(20)
        return effect()

    def run(handle):
        try:
            results.append(ask({}, handle=handle).status_code)
        except IdempotencyInFlight as refusal:
            results.append(refusal.code)
        finally:
            connection.close()

    first = threading.Thread(target=run, args=[slow_effect])
    first.start()
    inside.wait(20)
    rivals = [threading.Thread(target=run, args=[effect]) for _ in range(49)]
    for start in range(0, 49, 7):  # the server of the tests has few connections
        for rival in rivals[start : start + 7]:
            rival.start()
        for rival in rivals[start : start + 7]:
            rival.join(20)
    go_on.set()
    first.join(20)

    assert results.count("idempotency_in_flight") == 49
    assert results[-1] == 201
    assert SecurityLog.objects.count() == 1
