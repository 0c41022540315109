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
        assert all(media["example"] for media in good_answers(operation))
        assert len(operation.get("description", "")) <= 1000


def test_operations_name_the_scope_that_opens_them(document):
    scopes = document["components"]["securitySchemes"]["client"]["flows"]["clientCredentials"]["scopes"]

    for operation in operations(document):
        (requirement,) = operation["security"]
        assert requirement["client"][0] in scopes


def nameless(schema, place, *, inside=False):
    """Places of arrays in arrays and of objects without a name of their own: Salesforce cannot read them."""
    if "$ref" in schema:
        return
    if inside and schema.get("type") == "object":
        yield place
    if schema.get("type") == "array":
        if schema["items"].get("type") == "array":
            yield place
        yield from nameless(schema["items"], f"{place}[]", inside=True)
    for name, each in schema.get("properties", {}).items():
        yield from nameless(each, f"{place}.{name}", inside=True)
    for each in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from nameless(each, place, inside=True)


def test_nothing_nested_is_without_a_name(document):
    schemas = document["components"]["schemas"]

    assert [place for name, schema in schemas.items() for place in nameless(schema, name)] == []


def good_answers(operation):
    """What the answers hold when all is well; that to a DELETE may hold nothing."""
    return [
        media
        for status, answer in operation["responses"].items()
        if status.startswith("2")
        for media in answer.get("content", {}).values()
    ]


def test_reading_takes_no_body_and_the_one_header_is_the_key_of_a_request(document):
    for path in document["paths"].values():
        assert "requestBody" not in path.get("get", {})
        assert all(parameter["in"] in ("path", "query") for parameter in path.get("get", {}).get("parameters", ()))
    for operation in operations(document):
        headers = [each for each in operation.get("parameters", ()) if each["in"] == "header"]
        assert {each["name"] for each in headers} <= {"Idempotency-Key", "If-Match"}
        assert all("$ref" in media["schema"] for media in good_answers(operation))


def test_bodies_are_named_and_have_an_example(document):
    bodies = [operation["requestBody"] for operation in operations(document) if "requestBody" in operation]

    assert len(bodies) >= 6
    assert all(media["example"] and "$ref" in media["schema"] for each in bodies for media in each["content"].values())


def test_descriptions_are_short_enough_for_all_tools(document):
    texts = [schema.get("description", "") for schema in document["components"]["schemas"].values()]
    texts += [
        parameter["description"]
        for each in operations(document)
        for parameter in each.get("parameters", ())
        if "description" in parameter
    ]

    assert max(map(len, texts)) <= 1000


def test_values_by_comma_are_bounded_lists(document):
    lists = [
        parameter
        for operation in operations(document)
        for parameter in operation.get("parameters", ())
        if parameter["schema"].get("type") == "array"
    ]

    assert len(lists) > 50
    assert {
        (each["style"], each["explode"], each["schema"]["minItems"], each["schema"]["maxItems"]) for each in lists
    } == {("form", False, 1, 50)}


def test_rows_of_chosen_fields_promise_none(document):
    schemas = document["components"]["schemas"]

    assert "required" not in schemas["Account"]
    assert set(schemas["AccountPage"]["required"]) == {"data", "has_more", "next_cursor"}
    assert "control_total" in schemas["Summary"]["required"]


def test_every_answer_documents_its_headers(document):
    for operation in operations(document):
        for status, answer in operation["responses"].items():
            assert "X-Request-ID" in answer["headers"]
            assert ("Retry-After" in answer["headers"]) is (status in ("429", "503"))


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
