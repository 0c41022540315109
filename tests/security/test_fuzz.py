"""Schemathesis against the document we publish, in process: no defect, and every answer as documented.

`FUZZ_CASES` raises the number of cases an operation; the seed is fixed (`SEED`), so a failure can be repeated.
"""

from __future__ import annotations

import json
import os
from typing import Final

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis import checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from accounts.models import ExternalIdentity
from clg.management.commands.write_schema import schema_text
from clg.wsgi import application
from tests.callers import make_client, make_token
from tests.factories.accounts import AccountFactory, ContactFactory, OpportunityFactory, SourceFactory
from tests.factories.advocacy import EncounterFactory

# Cases an operation; a nightly run takes more.
CASES: Final = int(os.environ.get("FUZZ_CASES", "4"))
SEED: Final = int(os.environ.get("SEED", "20261122"))

# A filter's free text has rules that a JSON schema does not say, so acceptance of every text is not asked for.
CHECKS: Final = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]

schema = schemathesis.openapi.from_dict(json.loads(schema_text("3.0.3")))
schema.app = application


@pytest.fixture
def open_connection():
    """Keep the test's connection over many requests, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def token(db, settings, open_connection):
    """A client with every scope, over a few rows of each kind."""
    settings.API_RATES = dict.fromkeys(settings.API_RATES, (60000, 10000))
    source = SourceFactory(slug="crm")
    contact = ContactFactory(account=AccountFactory(parent=AccountFactory()))
    OpportunityFactory(account=contact.account)
    EncounterFactory()
    ExternalIdentity.objects.create(source=source, object_type="contact", contact=contact, external_id="003A")
    scopes = ["accounts", "contacts", "opportunities", "activities", "attribution", "champions"]
    return make_token(make_client(source, *(f"{scope}:read" for scope in scopes)))


@schema.parametrize()
@seed(SEED)
@settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_the_document_says(case, token):
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)
