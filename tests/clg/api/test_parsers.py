"""Strict JSON refuses what lenient parsers quietly change."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from clg.api.errors import MalformedJson
from clg.api.parsers import DEPTH_MAX, KEYS_MAX, loads
from clg.errors import InvalidInput


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, null, true, "x"]}', {"a": [1, None, True, "x"]}),
        (b"1.10", Decimal("1.10")),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        ('"\u00fc"'.encode(), "ü"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
    ],
)
def test_good_json(body, value):
    assert loads(body) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": 1, "a": 2}',
        b'[{"a": {"b": 1, "b": 1}}]',
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"9223372036854775808",
        b"-9223372036854775809",
        b"1" * 5000,
        b"1e99999999999999999999",
        b"{} {}",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"[" * 200_000,
        json.dumps({str(n): n for n in range(KEYS_MAX + 1)}).encode(),
    ],
)
def test_malformed_json(body):
    with pytest.raises(MalformedJson):
        loads(body)


@pytest.mark.parametrize(("depth", "good"), [(DEPTH_MAX, True), (DEPTH_MAX + 1, False)])
def test_nesting_ends_at_twenty(depth, good):
    body = b"[" * depth + b"]" * depth
    if good:
        assert isinstance(loads(body), list)
    else:
        with pytest.raises(MalformedJson):
            loads(body)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (rb'{"a/b": ["ok", "x\u0000y"]}', "/a~1b/1"),
        (rb'"\ud800"', ""),
        (rb'{"items": [{"\u0000": 1}]}', "/items/0"),
    ],
)
def test_text_that_cannot_be_stored(body, pointer):
    with pytest.raises(InvalidInput) as refusal:
        loads(body)

    assert (refusal.value.code, [error.pointer for error in refusal.value.errors]) == ("invalid_text", [pointer])
