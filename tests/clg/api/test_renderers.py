"""Answers are written as the library's renderer writes them."""

from __future__ import annotations

import datetime as dt
import enum
import json
import uuid
from decimal import Decimal

import pytest
from django.utils.functional import lazystr
from django.utils.safestring import mark_safe
from rest_framework.renderers import JSONRenderer

from clg.api.renderers import FastJSONRenderer


class Whole(enum.IntEnum):
    ONE = 1


class Word(enum.StrEnum):
    A = "a"


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, True, None, 1.5, 10**30, {"é": 'ü\n"\\'}]},
        (1, 2),
        {1: "number", Word.A: Word.A},
        [Whole.ONE, lazystr("later"), mark_safe("<b>")],  # noqa: S308 - a text of our own
        [Decimal("1.50"), uuid.UUID(int=7), dt.date(2026, 1, 2), dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC)],
        [],
        "",
    ],
)
def test_values_are_those_of_the_library(value):
    assert json.loads(FastJSONRenderer().render(value)) == json.loads(JSONRenderer().render(value))


def test_json_is_compact_utf8():
    assert FastJSONRenderer().render({"a": ["é", 1]}) == '{"a":["é",1]}'.encode()


def test_nothing_is_no_bytes():
    assert FastJSONRenderer().render(None) == b""
