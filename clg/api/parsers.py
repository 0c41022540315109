"""Strict JSON: one parser for every endpoint. `crm-sync` section 1.

Refused as `malformed_json`: duplicate keys, NaN, Infinity, nesting deeper than 20, more than 10,000 keys in one object,
integers beyond 64 bits, trailing text, bad UTF-8. Text with U+0000 or lone surrogates is `invalid_text` (422).
Decimals arrive as `Decimal`, never as float.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import IO, Any, Final

from django.conf import settings
from rest_framework.parsers import BaseParser

from clg.api.errors import BodyTooLarge, MalformedJson
from clg.errors import FieldError, InvalidInput

DEPTH_MAX: Final = 20
KEYS_MAX: Final = 10_000
_INT64: Final = range(-(2**63), 2**63)
_BAD_TEXT = re.compile("[\x00\ud800-\udfff]")


class StrictJSONParser(BaseParser):
    """`application/json` in UTF-8, at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge
        return loads(body)


def loads(body: bytes) -> Any:
    """The one value in a body. Raises `MalformedJson` or, for text we cannot store, `InvalidInput`."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_decimal,
        )
    except (ValueError, RecursionError) as error:
        raise MalformedJson from error
    _check_depth(value)
    if bad := list(_bad_texts(value, "")):
        raise InvalidInput("The text has characters that cannot be stored.", errors=bad, code="invalid_text")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedJson("An object names the same key twice.")
    if len(found) > KEYS_MAX:
        raise MalformedJson(f"An object has more than {KEYS_MAX:,} keys.")
    return found


def _refuse_constant(name: str) -> None:
    raise MalformedJson("NaN and Infinity are not JSON.")


def _integer(text: str) -> int:
    # 20 signs hold every 64-bit integer; longer ones are not even converted.
    if len(text) > 20 or int(text) not in _INT64:
        raise MalformedJson("An integer is beyond 64 bits.")
    return int(text)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise MalformedJson("A number is too large.") from error


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [child for parent in level for child in _inner_values(parent)]
        if not level:
            return
    raise MalformedJson(f"The value is nested deeper than {DEPTH_MAX}.")


def _inner_values(value: Any) -> list[Any]:
    """The arrays and objects directly inside an array or object."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [child for child in children if isinstance(child, dict | list)]


def _bad_texts(value: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(value, str):
        if _BAD_TEXT.search(value):
            yield FieldError("invalid_text", "Remove NUL and lone surrogate characters.", pointer)
    elif isinstance(value, dict):
        for name, child in value.items():
            if _BAD_TEXT.search(name):
                yield FieldError("invalid_text", "Remove NUL and lone surrogate characters.", pointer)
            else:
                yield from _bad_texts(child, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _bad_texts(child, f"{pointer}/{index}")
