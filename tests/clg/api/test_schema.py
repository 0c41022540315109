"""The OpenAPI documents: valid, without warnings, and true of every address."""

from __future__ import annotations

import json
import re

import pytest

from clg.management.commands.write_schema import VERSIONS, schema_text


@pytest.fixture(scope="module", params=sorted(VERSIONS))
def document(request):
    return json.loads(schema_text(VERSIONS[request.param]))


def operations(document):
    return [operation for path in document["paths"].values() for operation in path.values()]


def test_operations_have_names_of_their_own(document):
    names = [operation["operationId"] for operation in operations(document)]

    assert len(names) == len(set(names)) >= 39
    assert [name for name in names if not re.fullmatch("[a-z][A-Za-z0-9]*", name)] == []


def test_operations_say_all_their_refusals_and_have_an_example(document):
    for operation in operations(document):
        assert {"400", "401", "403", "404", "405", "406", "429"} <= set(operation["responses"])
        assert operation["responses"]["200"]["content"]["application/json"]["example"]
        assert len(operation.get("description", "")) <= 1000


def test_operations_name_the_scope_that_opens_them(document):
    scopes = document["components"]["securitySchemes"]["client"]["flows"]["clientCredentials"]["scopes"]

    for operation in operations(document):
        (requirement,) = operation["security"]
        assert requirement["client"][0] in scopes


@pytest.mark.django_db
def test_docs_page_is_for_signed_in_people(client, session, marketer):
    visitor = client.get("/api/v1/docs/")
    page = session(marketer).get("/api/v1/docs/")

    assert (visitor.status_code, visitor["Location"]) == (302, "/account/login/?next=/api/v1/docs/")
    assert page.status_code == 200
    assert "script-src 'self'" in page["Content-Security-Policy"].split("; ")
    assert re.findall(r"<script(?![^>]*\bsrc=)", page.content.decode()) == []


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "version"), [("openapi-3.1.json", "3.1.0"), ("openapi-3.0.json", "3.0.3")])
def test_documents_are_served(caller, address, version):
    answer = caller("accounts:read").get(f"/api/v1/{address}")

    assert answer.status_code == 200
    assert json.loads(answer.content)["openapi"] == version
