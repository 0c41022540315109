"""The role matrix: every address, method, act and principal, decided in `matrix.toml`. `security` section 15.1.

An address without an entry, an entry without an address, a principal nobody knows, and an answer that differs fail; so
does a refusal that wrote anything.
"""

from __future__ import annotations

import re

import pytest
from django.db import connection, transaction

from accounts.models import CrmSource
from tests.security.matrix import ENTRIES, SETS, sights
from tests.security.principals import knock_of, names
from tests.security.routes import address_of, routes
from tests.security.rows import PREPARED, Rows, make_rows
from tests.security.world import World, make_world

# What a refusal may write: that it happened, how often, and the session that was asked with.
_WRITES = re.compile(
    r"\b(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(?!clg_securitylog|clg_ratebucket|django_session|SET\b)\w"
)


@pytest.fixture
def source(db) -> CrmSource:
    return CrmSource.objects.create(slug="crm", name="CRM", kind="other", rank=32000)


@pytest.fixture
def world(db, settings) -> World:
    settings.API_RATES = dict.fromkeys(settings.API_RATES, (60000, 10000))
    return make_world()


@pytest.fixture
def rows(world, source) -> Rows:
    return make_rows(world, source)


def test_every_address_has_an_entry_and_every_entry_an_address():
    assert set(ENTRIES) == set(routes())


def test_every_principal_is_known():
    told = [*SETS.values(), *(list(entry.allow) for entry in ENTRIES.values())]

    assert {who for listed in told for who in sights(listed)} <= set(names())


def asked(principal, rows):
    """Every entry that the principal can knock at, with each row it is about: (entry, own/team/foreign, names)."""
    for entry in ENTRIES.values():
        # A token means nothing to a page.
        if principal.startswith("client") and not entry.is_api:
            continue
        kinds = rows.kinds(entry.object)
        yield from ((entry, kind, rows.named(entry.object, kind)) for kind in kinds)


@pytest.mark.django_db
@pytest.mark.parametrize("person", [name for name in names() if not name.startswith("client")])
def test_person_gets_what_the_matrix_says(person, world, source, rows):
    assert differences([person], world, source, rows) == ""


@pytest.mark.django_db
def test_clients_get_what_the_matrix_says(world, source, rows):
    assert differences([name for name in names() if name.startswith("client")], world, source, rows) == ""


def differences(principals, world, source, rows):
    """What was answered or written against the matrix, a line each."""
    found = []
    for principal in principals:
        knock = knock_of(principal, world, source)
        for entry, kind, named in asked(principal, rows):
            said, writes = answer_to(knock, entry, named)
            expected = entry.expected(principal, kind)
            if said not in expected:
                found.append(f"{principal}: {entry.name} ({kind}) says {said}, not {' or '.join(sorted(expected))}")
            if writes and not entry.is_allowed(principal, kind):
                found.append(f"{principal}: {entry.name} ({kind}) writes {writes}")
    return "\n".join(found)


def answer_to(knock, entry, named):
    """What is said and what was written; whatever happened is undone."""
    writes = []

    def watched(execute, sql, params, many, context):
        if _WRITES.search(str(sql)):
            writes.append(str(sql)[:200])
        return execute(sql, params, many, context)

    if entry.method == "GET" and "/act/" not in entry.route:
        return knock(entry.method, address_of(entry.route, **named)), writes
    with transaction.atomic():
        prepare = PREPARED.get((entry.object, entry.route.rstrip("/").rpartition("/")[2]))
        if prepare:
            prepare(named["object_id"])
        with connection.execute_wrapper(watched):
            said = knock(entry.method, address_of(entry.route, **named))
        transaction.set_rollback(True)
    return said, writes
