"""Names of failpoints: registered where they are used, used where registered, known where tests ask for one."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest
from django.conf import settings

from clg import failpoints

ROOT = Path(settings.BASE_DIR)
FLOORS = ("clg", "accounts", "advocacy", "referrals", "growth")
# Those of `security` section 14 whose part is built.
REQUIRED = {
    *("claimed", "matched", "allocated", "lines_written", "headers_written", "heads_moved"),
    *("before_commit", "after_commit", "run_finished"),
    *("idempotency_before_handler", "idempotency_before_store", "idempotency_after_commit"),
    *("numbering_locked", "numbering_before_commit"),
    *("consumer_claimed", "consumer_handled", "consumer_before_commit", "consumer_after_commit"),
}


def called(name):
    """Module -> the words that it calls a function of `clg.failpoints` with."""
    found = {}
    for path in (path for floor in FLOORS for path in (ROOT / floor).rglob("*.py") if path.stem != "failpoints"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                words = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
                found.setdefault(str(path.relative_to(ROOT)), set()).update(map(str, words))
    return {module: words for module, words in found.items() if name != "register" or _is_of_failpoints(module)}


def _is_of_failpoints(module):
    return re.search(r"from clg\.failpoints import .*\bregister\b", (ROOT / module).read_text())


def test_each_module_registers_exactly_what_it_uses():
    assert called("failpoint") == called("register")


def test_no_name_is_used_in_two_modules():
    every = [word for words in called("failpoint").values() for word in words]

    assert len(every) == len(set(every))


def test_required_names_are_there():
    assert REQUIRED - _names() == set()


def _names():
    for module in called("failpoint"):
        importlib.import_module(module.removesuffix(".py").replace("/", "."))
    return failpoints.NAMES


def test_names_that_tests_ask_for_exist():
    asked = {
        name
        for path in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"[\"';]([a-z_.]+)=(?:kill|sleep|pause|raise)\b", path.read_text())
        if path.name != "test_failpoints.py"
    }

    assert asked - _names() == set()


@pytest.mark.parametrize(("act", "passes"), [("raise@2", 1), ("raise", 0)])
def test_acts_on_the_named_pass(settings, act, passes):
    settings.CLG_FAILPOINTS = f"claimed={act}"
    failpoints._passes.clear()

    for _ in range(passes):
        failpoints.failpoint("claimed")
    with pytest.raises(failpoints.FailpointReached):
        failpoints.failpoint("claimed")
    failpoints.failpoint("claimed")


def test_nothing_happens_unasked(settings):
    settings.CLG_FAILPOINTS = ""

    failpoints.failpoint("claimed")
