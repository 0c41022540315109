"""Log lines: known keys only, scrubbed words, no values of a traceback."""

from __future__ import annotations

import io
import json
import logging
import logging.config

import pytest

from clg.logs import get_logger, keep_allowed, logging_config, logs_aside, scrub


@pytest.fixture
def lines():
    """Lines that our configuration writes, parsed."""
    stream = io.StringIO()
    config = logging_config()
    config["handlers"]["stdout"]["stream"] = stream
    root = logging.getLogger()
    before = list(root.handlers)
    logging.config.dictConfig(config)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers = before


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("mail to ada@corvane.example failed", "mail to <email> failed"),
        ("Authorization: Bearer abc.def", "Authorization: <bearer>"),
        ("token=abc123", "token=<secret>"),
        ("call +49 30 1234 5678 90", "call +<digits>"),
        ("id " + "a1" * 20, "id <token>"),
        ("409 conflict on 17 rows", "409 conflict on 17 rows"),
    ],
)
def test_scrub(text, clean):
    assert scrub(text) == clean


def test_unknown_keys_are_dropped_and_counted():
    assert keep_allowed(None, "", {"event": "x", "status": 200, "email": "a@b.example", "body": "y"}) == {
        "event": "x",
        "status": 200,
        "dropped": 2,
    }


def test_line_has_no_value_of_the_exception_scope(lines):
    secret = "canary-local-value"

    def fail(value):
        raise ValueError("cannot mail ada@corvane.example")

    try:
        fail(secret)
    except ValueError:
        get_logger("t").error("broken", exc_info=True, password=secret)

    (line,) = lines()
    assert line["error"].startswith("ValueError: cannot mail <email> at ")
    assert (line["event"], line["level"], line["dropped"]) == ("broken", "error", 1)
    assert "canary" not in json.dumps(line)


def test_lines_of_libraries_take_the_same_road(lines):
    logging.getLogger("library").warning("user %s", "ada@corvane.example", extra={"phone": "123"})

    (line,) = lines()
    assert (line["event"], line["logger"], line["level"]) == ("user <email>", "library", "warning")
    assert "phone" not in line


def test_the_answer_of_a_command_stands_alone_on_stdout(capsys, monkeypatch):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    logging.config.dictConfig(logging_config())

    with logs_aside():
        get_logger("clg.test").warning("aside")
    get_logger("clg.test").warning("as ever")

    said = capsys.readouterr()
    assert [json.loads(text)["event"] for text in (said.err, said.out)] == ["aside", "as ever"]
