"""A row is written as the library's own serializer writes it."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from rest_framework import serializers

from clg.api.fields import Moment, Text
from clg.api.outputs import Output
from tests.factories.accounts import AccountFactory, ContactFactory


class Inner(Output):
    word = serializers.CharField()


class Shown(Output):
    number = serializers.IntegerField(allow_null=True)
    truth = serializers.BooleanField()
    note = Text()
    kind = serializers.ChoiceField(choices=[("a", "A")])
    day = serializers.DateField(allow_null=True)
    moment = Moment()
    far = serializers.CharField(source="inner.word", allow_null=True)
    inner = Inner(allow_null=True)
    several = Inner(many=True)
    called = serializers.CharField(source="say")
    optional = serializers.CharField(required=False)
    default = serializers.CharField(default="else")
    counted = serializers.SerializerMethodField()

    def get_counted(self, row):
        return 7


class ByTheLibrary(serializers.Serializer):
    locals().update(Shown._declared_fields)
    get_counted = Shown.get_counted


def row(**more):
    inner = SimpleNamespace(word="x")
    values = {
        "number": 3,
        "truth": True,
        "note": "",
        "kind": "a",
        "day": dt.date(2026, 1, 2),
        "moment": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        "inner": inner,
        "several": [inner, inner],
        "say": lambda: "said",
    }
    return {**values, **more}


@pytest.mark.parametrize("shape", [dict, lambda values: SimpleNamespace(**values)], ids=["keys", "attributes"])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"number": None, "day": None, "inner": None},
        {"number": "12", "truth": "false", "kind": "unknown"},
        {"optional": "here", "default": "own", "note": "words"},
        {"moment": "2026-01-02T03:04:05+00:00", "several": []},
    ],
    ids=["plain", "nulls", "texts", "given", "read"],
)
def test_row_is_written_as_the_library_writes_it(shape, more):
    instance = shape(row(**more))

    written = Shown(instance).data

    assert written == ByTheLibrary(instance).data
    assert list(written) == list(ByTheLibrary(instance).data)


def test_moment_is_in_utc_with_microseconds():
    assert Shown(row()).data["moment"] == "2026-01-02T01:04:05.000000Z"


@pytest.mark.parametrize("values", [row(), SimpleNamespace(**row())], ids=["keys", "attributes"])
def test_missing_value_is_named(values):
    class Strict(Output):
        absent = serializers.CharField()

    with pytest.raises((KeyError, AttributeError), match="absent"):
        Strict(values).data  # noqa: B018 - reading it writes the row


@pytest.mark.django_db
def test_relation_without_row_is_null():
    class Named(Output):
        champion = Inner(allow_null=True)

    assert Named(ContactFactory(account=AccountFactory())).data == {"champion": None}
