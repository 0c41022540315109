"""Schemathesis against the document we publish, in process: no defect, and every answer as documented.

A client with every scope gets each case that the document implies (boundaries, wrong types, foreign methods, parameters
sent twice) and random ones; a marketer and a seller get random ones, an administrator those of what is theirs alone.
`FUZZ_CASES` raises the number of random cases an operation. The seed is fixed (`SEED`), so a failure can be repeated.
`tests/security/fuzz_count.py` counts the cases, and a whole run with too few of them fails.

Four rules join a parameter to something that its JSON schema cannot see; `docs/adr/0011` says what is done about them.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
import schemathesis
from django.contrib.auth.models import Group
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client, TransactionTestCase, override_settings
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis import checks
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    ensure_resource_availability,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
    use_after_free,
)

from accounts.actions.import_job import open_import
from accounts.choices import Role
from accounts.models import ExternalIdentity
from accounts.privacy import CONTACT_DETAILS
from accounts.sync.objects import OBJECTS
from advocacy.attribution.summaries import PARTICIPATION_GROUPINGS
from advocacy.models import AttributionRun, CreditHead, Encounter, Touch
from clg import codes
from clg.management.commands.write_schema import schema_text
from clg.models import WebhookEndpoint
from clg.wsgi import application
from tests.advocacy.api.world import make_world
from tests.callers import make_client, make_token
from tests.factories.accounts import SourceFactory, UserFactory
from tests.factories.clg import make_active_endpoint
from tests.security.fuzz_count import CASES_OF_TEST

pytestmark = [pytest.mark.django_db, pytest.mark.sweep]

# Random cases an operation; a nightly run takes more.
CASES: Final = int(os.environ.get("FUZZ_CASES", "4"))
SEED: Final = int(os.environ.get("SEED", "20261122"))

FOR_PERSONS: Final = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    missing_required_header,
    unsupported_method,
    allow_header_conformance,
    use_after_free,
    ensure_resource_availability,
]
# The document offers no session, so only a client's token can be missing.
FOR_CLIENTS: Final = [*FOR_PERSONS, ignored_auth]
WRITING: Final = ("POST", "PATCH", "PUT", "DELETE")
CLOCK: Final = "2026-01-01T00:00:00Z"
RECEIVER: Final = "http://127.0.0.1:9/hook"
ENDPOINTS: Final = "/api/v1/webhook-endpoints"
CSRF: Final = "c" * 32
# Codes of a list that no pattern names, and what may be a day as well as a moment.
BEYOND_PATTERNS: Final = {"country", "opened_at", "lead_at", "closed_at"}
WRITE_SCOPES: Final = (
    *(f"{noun}:write" for noun in ("accounts", "contacts", "opportunities", "activities", "signals", "imports")),
    "webhooks:manage",
)
# Filters that do not exist for sellers, as they would tell what sellers may not know.
HIDDEN_FROM_SELLERS: Final = {*CONTACT_DETAILS, "champion_id"}


# A body so deep that its systematic cases alone are more than all others: random ones, and more of them.
DEEP: Final = "createImportJob"


@schemathesis.serializer("application/x-ndjson")
def as_lines(context: Any, value: Any) -> bytes:
    """Lines as they are."""
    return str(value).encode()


def published(*, systematic: bool) -> Any:
    """The document as a source of cases: systematic ones as well, or random ones alone."""
    schema = schemathesis.openapi.from_dict(json.loads(schema_text("3.0.3")))
    schema.app = application
    schema.config.phases.coverage.enabled = systematic
    schema.config.phases.coverage.generate_duplicate_query_parameters = True
    told = schema.config.checks
    # RFC 6585 has a status of its own for a missing condition, and RFC 9110 one for a condition that nothing can match.
    for check, status in ((told.missing_required_header, "428"), (told.negative_data_rejection, "412")):
        check.expected_statuses = [*check.expected_statuses, status]
    return schema


def fuzzed(schema: Any, cases: int) -> Any:
    """Decorate a test: once an operation, with so many random cases each."""

    def decorate(test: Any) -> Any:
        tuned = settings(
            max_examples=cases,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        return schema.parametrize()(seed(SEED)(tuned(test)))

    return decorate


@dataclass(frozen=True)
class Field:
    """Rows to ask for, and who asks."""

    token: str
    administrator: str
    marketer: str
    seller: str
    # By the resource in the path: an id that names a row.
    ids: Mapping[str, str]


@pytest.fixture(scope="module")
def open_connection() -> Iterator[None]:
    """Keep the test's connection over many requests, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def field(django_db_setup: None, django_db_blocker: Any, open_connection: None) -> Iterator[Field]:
    """Some rows of each kind, committed once for all cases, as every case is undone."""
    with django_db_blocker.unblock(), override_settings(API_RATES=dict.fromkeys(("read", "write"), (60000, 60000))):
        yield _make_field()
        TransactionTestCase._fixture_teardown(None)


def _make_field() -> Field:
    source: Any = SourceFactory(slug="crm", currency="EUR")
    seller = _person(Role.SALES)
    world = make_world(owner=seller)
    for kind, row in [("account", world.won.account), ("contact", world.ada.contact), ("opportunity", world.won)]:
        ExternalIdentity.objects.create(source=source, object_type=kind, external_id="known", **{kind: row})
    rows: dict[str, Any] = {
        "accounts": world.won.account,
        "contacts": world.ada.contact,
        "opportunities": world.won,
        "champions": world.ada,
        "activities": world.call,
        "encounters": Encounter.objects.first(),
        "touches": Touch.objects.first(),
        "attributions": CreditHead.objects.first(),
        "attribution-runs": AttributionRun.objects.first(),
        "import-jobs": open_import(source=source, of=OBJECTS["accounts"], preset="salesforce_export", by="client:1"),
    }
    scopes = ["accounts", "contacts", "opportunities", "activities", "attribution", "champions", "changes", "source"]
    client = make_client(source, *(f"{scope}:read" for scope in scopes), *WRITE_SCOPES)
    rows["webhook-endpoints"] = make_active_endpoint(f"client:{client.pk}", RECEIVER).endpoint
    return Field(
        token=make_token(client),
        administrator=_session_of(_person(Role.ADMINISTRATOR)),
        marketer=_session_of(_person(Role.MARKETER)),
        seller=_session_of(seller),
        ids={noun: row.name_outside for noun, row in rows.items()} | {"attribution-models": "influenced-u"},
    )


def _person(role: Role) -> Any:
    person = UserFactory()
    person.groups.set(Group.objects.filter(name=role))
    return person


def _session_of(person: Any) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies["sessionid"].value


def is_good(case: Any) -> bool:
    return bool(case.meta.generation.mode.is_positive)


def join(case: Any, ids: Mapping[str, str]) -> None:
    """Let a good case ask for a row that is there, and keep the rules that join one parameter to another."""
    noun = case.path.split("/")[3]
    known = {"public_id": ids.get(noun), "key": ids.get(noun), "external_id": "known"}
    case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
    case.query.pop("cursor", None)
    if noun == "changes":
        case.query.setdefault("from", "oldest")
    if case.query.get("measure") == "participation":
        case.query["group_by"] = next(iter(PARTICIPATION_GROUPINGS))


def join_body(case: Any) -> None:
    """Keep the rules that no schema of a body can say: the clock of the source, what is known, one key a request.

    Of a batch each item has an answer of its own, so only `all_or_none` makes the call fail with its items.
    """
    if is_good(case):
        # A key that is used again with another request is refused.
        case.headers = {**(case.headers or {}), "Idempotency-Key": uuid.uuid4().hex}
    if is_good(case) and case.path.endswith("/data"):
        # What the job was opened for; other texts are files of another kind.
        case.media_type, case.body = "text/csv", "Id,Name\nA,Acme\n"
        return
    body = case.body if isinstance(case.body, dict) else {}
    if is_good(case) and case.path.startswith(ENDPOINTS):
        join_endpoint(case, body)
        return
    if is_good(case) and "losers" in body:
        join_merge(body)
        return
    if is_good(case) and "object" in body:
        join_import(body)
        return
    if "items" in body:
        if is_good(case) or body.get("all_or_none", False) is False:
            body["all_or_none"] = not is_good(case)
    elif is_good(case):
        join_item(case, body)


def join_endpoint(case: Any, body: Any) -> None:
    """The version that is there now, an address that we call, kinds of events that there are, one way to replay."""
    key = codes.decode("whe", case.path_parameters.get("public_id", ""))
    seen = WebhookEndpoint.objects.known_by([key] if key else [])
    if "If-Match" in case.headers:
        case.headers["If-Match"] = f'"v{seen.values_list("version", flat=True).first() or 1}"'
    if case.path.endswith("/replay"):
        body.clear()
        body |= {"from_position": 1, "to_position": 1}
    known = {"url": RECEIVER, "event_types": ["account.*"]}
    body |= {name: value for name, value in known.items() if name in body}


def join_merge(body: Any) -> None:
    """A winner that is there, and losers that are not the winner."""
    body.pop("source_version", None)
    body.pop("result_external_id", None)
    body |= {"source_updated_at": CLOCK, "winner": {"external_id": "known"}, "losers": [{"external_id": "another"}]}


def join_import(body: Any) -> None:
    """A preset and fields that are there, a clock that is no moment to come, the name of a zone."""
    body["preset"] = "salesforce_export"
    mapping = body.get("mapping", {})
    for name in {"based_on", "value_maps", "stage_map"} & mapping.keys():
        del mapping[name]
    for options in (body.get("options", {}), mapping.get("options", {})):
        options |= {"source_updated_at": CLOCK} if "source_updated_at" in options else {}
        options |= {"time_zone": "Europe/Berlin"} if "time_zone" in options else {}
    for noun in OBJECTS.keys() & mapping.keys():
        for group in {"fields", "relations"} & mapping[noun].keys():
            mapping[noun][group] = {}


def join_item(case: Any, item: Any) -> None:
    clocks = case.query if case.method == "DELETE" else item
    clocks.pop("source_version", None)
    clocks["source_updated_at"] = CLOCK
    # Goes with a delete alone, and names a row that is known.
    clocks.pop("merged_into_external_id", None)
    fields = item.get("fields", {})
    for name in BEYOND_PATTERNS & fields.keys():
        fields[name] = None
    if {"amount", "currency"} & fields.keys():
        fields |= {"amount": "12.50", "currency": "EUR"}
    relations = item.get("relations", {})
    for name in relations.keys() - {"contacts"}:
        relations[name] = {"external_id": "another"}
    if relations.get("contacts"):
        relations["contacts"] = [{"external_id": "one"}]


@pytest.fixture
def counted(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """The paths that a test called; how many there were goes with its report."""
    called: list[str] = []
    yield called
    request.node.user_properties.append((CASES_OF_TEST, len(called)))


def call(case: Any, headers: Mapping[str, str], counted: list[str], wanted: Any = FOR_PERSONS) -> None:
    """Send one case, and hold the answer against the document."""
    counted.append(case.path)
    case.call_and_validate(headers=headers, checks=wanted)


def as_person(session: str) -> dict[str, str]:
    """The headers of somebody's browser: the session, and the secret that every write proves."""
    return {"Cookie": f"sessionid={session}; csrftoken={CSRF}", "X-CSRFToken": CSRF}


def prepare(case: Any, field: Field) -> None:
    """Keep in a case what no schema can say."""
    if is_good(case):
        join(case, field.ids)
    if case.method in WRITING:
        join_body(case)


@fuzzed(published(systematic=True).exclude(operation_id=DEEP), CASES)
def test_client_gets_what_the_document_says(case, field, counted):
    prepare(case, field)

    call(case, {"Authorization": f"Bearer {field.token}"}, counted, FOR_CLIENTS)


@fuzzed(published(systematic=False).include(operation_id=DEEP), 15 * CASES)
def test_client_gets_what_the_document_says_of_a_deep_body(case, field, counted):
    prepare(case, field)

    call(case, {"Authorization": f"Bearer {field.token}"}, counted, FOR_CLIENTS)


@fuzzed(published(systematic=False).include(path_regex=f"^{ENDPOINTS}"), CASES)
def test_administrator_gets_what_the_document_says_of_endpoints(case, field, counted):
    prepare(case, field)

    call(case, as_person(field.administrator), counted)


@fuzzed(published(systematic=False), CASES)
def test_marketer_gets_what_the_document_says(case, field, counted):
    prepare(case, field)

    call(case, as_person(field.marketer), counted)


@fuzzed(published(systematic=False), CASES)
def test_seller_gets_what_the_document_says_without_the_hidden_filters(case, field, counted):
    prepare(case, field)
    case.query = {name: value for name, value in (case.query or {}).items() if name not in HIDDEN_FROM_SELLERS}

    call(case, as_person(field.seller), counted)
