"""`/import-jobs`: a file through the API from opening its job to its failed rows; who, when, and what is refused."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from accounts.actions.import_job import RESULTS_KEPT, UPLOADS_KEPT, open_import, purge_imports
from accounts.actions.import_work import take_import, work_on
from accounts.models import Account, ImportJob
from accounts.sync.imports import chunk, storage
from accounts.sync.objects import OBJECTS
from accounts.tasks import run_imports
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db
PATH = "/api/v1/import-jobs"
HEAD = "Id,Name,Website,SystemModstamp\n"
PRESET = {"object": "accounts", "preset": "salesforce_export"}


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def api(caller):
    return caller("imports:write")


def rows(start, end, bad=()):
    """Accounts as CSV, those numbered in `bad` with an address that is none."""
    lines = (f"A{n},=Account {n},{'no way' if n in bad else ''},2026-01-01T00:00:00Z\n" for n in range(start, end))
    return HEAD + "".join(lines)


def post(api, path, body=None, key=None):
    headers = {"Idempotency-Key": key} if key else {}
    return api.post(path, json.dumps(body or {}), content_type="application/json", headers=headers)


def open_job(api, key="k1", **fields):
    return post(api, PATH, {**PRESET, **fields}, key)


def send(api, job, data, media="text/csv", **headers):
    return api.put(f"{PATH}/{job['id']}/data", data, content_type=media, headers=headers, CONTENT_TYPE=media)


def started(api, data, media="text/csv", **fields):
    """A job of these rows that waits for its worker."""
    job = open_job(api, key=f"k{ImportJob.objects.count()}", **fields).json()
    assert send(api, job, data, media).status_code == 200
    assert post(api, f"{PATH}/{job['id']}/start").status_code == 202
    return job


def read(api, job, rest="", accept="*/*"):
    return api.get(f"{PATH}/{job['id']}{rest}", headers={"accept": accept})


def told(api, job, wanted):
    """Lines of a set of results."""
    answer = read(api, job, f"/results?set={wanted}")
    assert answer["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


# --- From opening to the end -----------------------------------------------------------------------------------
def test_file_goes_in_and_its_failed_rows_come_back(api):
    made = open_job(api)
    job = made.json()
    assert (made.status_code, job["state"], job["id"][:4]) == (201, "open", "imp_")
    data = rows(0, 4, bad={1})
    sent = send(api, job, data)
    assert (sent.status_code, sent.json()["state"], len(sent.json()["sha256"])) == (200, "uploaded", 64)
    begun = post(api, f"{PATH}/{job['id']}/start")
    assert (begun.status_code, begun.json()["state"]) == (202, "running")

    run_imports()

    done = read(api, job).json()
    assert (done["state"], done["counts"], done["failure"]) == ("complete", {"created": 3, "failed": 1}, None)
    assert (done["total"], done["successful"], done["failed"], done["unprocessed"]) == (4, 3, 1, 0)
    assert done["rows_per_second"] > 0
    assert done["warnings"]["unmapped_columns"] == []
    assert [(row["line"], row["external_id"], row["id"][:4]) for row in told(api, job, "successful")] == [
        (2, "A0", "acc_"),
        (4, "A2", "acc_"),
        (5, "A3", "acc_"),
    ]
    (failed,) = told(api, job, "failed")
    assert failed == {
        "line": 3,
        "external_id": "A1",
        "id": None,
        "outcome": "failed",
        "errors": [{"code": "invalid_url", "column": "Website", "detail": failed["errors"][0]["detail"]}],
    }
    assert told(api, job, "unprocessed") == []


def test_failed_rows_come_as_a_file_that_goes_in_once_repaired(api):
    job = started(api, rows(0, 4, bad={1}))
    run_imports()

    answer = read(api, job, "/results", accept="text/csv")
    file = b"".join(answer.streaming_content).decode("utf-8-sig")

    assert answer["Content-Type"] == "text/csv"
    assert answer["Content-Disposition"].startswith("attachment")
    assert file.splitlines()[0] == "clg_line,clg_errors,Id,Name,Website,SystemModstamp"
    assert ",'=Account 1," in file
    again = started(api, file.replace("no way", "acme.example"))
    run_imports()
    assert read(api, again).json()["counts"] == {"created": 1}
    assert Account.objects.filter(name="=Account 1", website="https://acme.example").count() == 1


def test_ndjson_lines_are_items(api):
    lines = [{"external_id": f"A{n}", "source_updated_at": "2026-01-01T00:00:00Z", "fields": {"name": "x"}} for n in
             range(3)]  # fmt: skip
    job = started(api, "\n".join(map(json.dumps, lines)), "application/x-ndjson", format="ndjson", preset="")

    run_imports()

    assert read(api, job).json()["counts"] == {"created": 3}


def test_dry_run_stores_nothing(api):
    job = started(api, rows(0, 3), dry_run=True)

    run_imports()

    assert read(api, job).json()["counts"] == {"created": 3}
    assert not Account.objects.exists()


def test_options_say_how_the_file_is_written(api):
    options = {"delimiter": ";", "encoding": "cp1252", "time_zone": "Europe/Berlin", "invalid_values": "drop"}
    data = "Id;Name;Website;SystemModstamp\nA;Café;no way;2026-01-01 01:00:00\n".encode("cp1252")
    job = started(api, data, options=options)

    run_imports()

    assert read(api, job).json()["warnings"]["values_left_out"] == 1
    assert Account.objects.get().name == "Café"
    assert told(api, job, "successful")[0]["warnings"][0]["code"] == "invalid_url"


def test_mapping_goes_before_the_preset(api):
    job = started(api, "Id,Firm\nA,Acme\n", mapping={"accounts": {"fields": {"name": {"columns": ["Firm"]}}}})

    run_imports()

    assert Account.objects.get().name == "Acme"
    assert read(api, job).json()["state"] == "complete"


def test_rows_without_a_clock_have_that_of_the_options(api):
    for moment, name in [("2026-02-01T00:00:00Z", "new"), ("2026-01-01T00:00:00Z", "old")]:
        started(api, f"Id,Name\nA,{name}\n", options={"source_updated_at": moment})
        run_imports()

    assert Account.objects.get().name == "new"
    assert ImportJob.objects.latest("pk").counts == {"stale": 1}


def test_running_job_tells_pace_and_rest(api, monkeypatch):
    monkeypatch.setattr(chunk, "CHUNK_ROWS", 10)
    job = started(api, rows(0, 25))
    assert (read(api, job).json()["rows_per_second"], read(api, job).json()["eta_seconds"]) == (None, None)

    work_on(take_import(at=timezone.now()), until=lambda: True)

    running = read(api, job).json()
    assert (running["state"], running["processed"], running["unprocessed"]) == ("running", 10, 15)
    assert running["eta_seconds"] >= 1
    assert len(told(api, job, "unprocessed")) == 15


def test_aborted_job_keeps_what_was_stored(api, monkeypatch):
    monkeypatch.setattr(chunk, "CHUNK_ROWS", 10)
    job = started(api, rows(0, 25))
    work_on(take_import(at=timezone.now()), until=lambda: True)

    ended = post(api, f"{PATH}/{job['id']}/abort")

    assert (ended.status_code, ended.json()["state"]) == (200, "aborted")
    assert (ended.json()["successful"], ended.json()["unprocessed"]) == (10, 15)
    assert Account.objects.count() == 10
    assert take_import(at=timezone.now()) is None


def test_wrong_file_fails_as_a_whole(api):
    job = started(api, "Nom,Ville\nA,Lyon\n")

    run_imports()

    told = read(api, job).json()
    assert (told["state"], told["failure"]["code"]) == ("failed", "missing_key_column")


# --- Once, and in the right order ------------------------------------------------------------------------------
def test_opening_needs_a_key_and_happens_once(api):
    bare = post(api, PATH, PRESET)
    assert (bare.status_code, bare.json()["code"]) == (400, "missing_idempotency_key")

    first, second, other = open_job(api), open_job(api), open_job(api, operation="delete")

    assert second.content == first.content
    assert second["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert ImportJob.objects.count() == 1


def test_data_sent_again_replace_the_first_and_under_one_key_count_once(api, django_capture_on_commit_callbacks):
    job = open_job(api).json()
    with django_capture_on_commit_callbacks(execute=True):
        send(api, job, rows(0, 1))
        second = send(api, job, rows(0, 2), **{"Idempotency-Key": "d1"})
        again = send(api, job, rows(0, 2), **{"Idempotency-Key": "d1"})
    other = send(api, job, rows(0, 3), **{"Idempotency-Key": "d1"})

    assert again.content == second.content
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert storage.names() == [ImportJob.objects.get().upload]
    assert ImportJob.objects.get().sha256 == second.json()["sha256"]


@pytest.mark.parametrize("state", ["running", "complete", "failed", "aborted"])
@pytest.mark.parametrize("step", ["data", "start", "abort"])
def test_wrong_state_is_a_conflict(api, state, step):
    job = open_job(api).json()
    ImportJob.objects.update(state=state)

    answer = send(api, job, rows(0, 1)) if step == "data" else post(api, f"{PATH}/{job['id']}/{step}")

    if (state, step) == ("running", "abort"):
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "invalid_transition", state)
    assert storage.names() == []


def test_job_without_data_does_not_start(api):
    answer = post(api, f"{PATH}/{open_job(api).json()['id']}/start")

    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")


# --- Refused ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({"object": "deals"}, "invalid_choice", "/object"),
        ({"format": "xlsx"}, "invalid_choice", "/format"),
        ({"operation": "merge"}, "invalid_choice", "/operation"),
        ({"preset": 7}, "invalid_type", "/preset"),
        ({"preset": "none"}, "unknown_preset", "/preset"),
        ({"preset": ""}, "no_section", "/mapping"),
        ({"dry_run": "yes"}, "invalid_type", "/dry_run"),
        ({"state": "running"}, "unknown_field", "/state"),
        ({"options": []}, "invalid_type", "/options"),
        ({"options": {"colour": "red"}}, "unknown_field", "/options/colour"),
        ({"options": {"delimiter": "ab"}}, "invalid_value", "/options/delimiter"),
        ({"options": {"encoding": "ebcdic"}}, "invalid_choice", "/options/encoding"),
        ({"options": {"time_zone": "Mars/Olympus"}}, "invalid_value", "/options/time_zone"),
        ({"options": {"time_zone": "../../etc/passwd"}}, "invalid_value", "/options/time_zone"),
        ({"options": {"date_format": "ymd"}}, "invalid_choice", "/options/date_format"),
        ({"options": {"source_updated_at": "2026-01-01"}}, "invalid_value", "/options/source_updated_at"),
        (
            {"options": {"source_updated_at": "2999-01-01T00:00:00Z"}},
            "source_timestamp_in_future",
            "/options/source_updated_at",
        ),
        ({"mapping": {"leads": {}}}, "unknown_field", "/mapping/leads"),
        ({"mapping": {"accounts": {"fields": {"color": {}}}}}, "unknown_field", "/mapping/accounts/fields/color"),
        (
            {"mapping": {"accounts": {"fields": {"name": {"columns": "Firm"}}}}},
            "invalid_type",
            "/mapping/accounts/fields/name/columns",
        ),
        (
            {"mapping": {"accounts": {"fields": {"name": {"transform": ["explode"]}}}}},
            "invalid_value",
            "/mapping/accounts/fields/name/transform/0",
        ),
        (
            {"mapping": {"accounts": {"external_id": {"template": "{row:>999999999}"}}}},
            "invalid_value",
            "/mapping/accounts/external_id/template",
        ),
        ({"mapping": {"stage_map": {"Verbal": "maybe"}}}, "invalid_choice", "/mapping/stage_map/Verbal"),
        ({"mapping": {"based_on": "none"}}, "unknown_preset", "/mapping"),
    ],
)
def test_wrong_value_is_pointed_to_and_nothing_is_stored(api, fields, code, pointer):
    answer = open_job(api, **fields)

    assert answer.status_code == 422, answer.json()
    assert [(e["code"], e["pointer"]) for e in answer.json()["errors"]] == [(code, pointer)]
    assert not ImportJob.objects.exists()


def test_source_that_orders_by_versions_has_no_default_clock(caller, crm):
    crm.ordering = "version"
    crm.save()

    answer = open_job(caller("imports:write"), options={"source_updated_at": "2026-01-01T00:00:00Z"})

    assert [e["code"] for e in answer.json()["errors"]] == ["wrong_clock"]


def test_body_that_is_no_object_or_lacks_the_object(api):
    wrong = api.post(PATH, "[]", content_type="application/json", headers={"Idempotency-Key": "k"})
    bare = post(api, PATH, {}, "k2")

    assert [e["code"] for e in wrong.json()["errors"]] == ["invalid_type"]
    assert [(e["code"], e["pointer"]) for e in bare.json()["errors"]] == [("required", "/object")]


@pytest.mark.parametrize(
    ("data", "media", "status", "code"),
    [
        ("", "text/csv", 422, "empty_file"),
        ("x", "application/json", 415, "unsupported_media_type"),
        ("x", "application/x-ndjson", 415, "unsupported_media_type"),
        ("x", "multipart/form-data; boundary=x", 415, "unsupported_media_type"),
        (b"PK\x03\x04", "text/csv", 422, "unsupported_file"),
        (b"Id,Name\nA,\0\n", "text/csv", 422, "unsupported_file"),
    ],
)
def test_data_of_another_kind_are_refused_and_not_kept(api, data, media, status, code):
    job = open_job(api).json()

    answer = send(api, job, data, media)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert storage.names() == []
    assert read(api, job).json()["state"] == "open"


@pytest.mark.parametrize("reads", [True, False])
def test_data_over_the_limit_are_refused_and_not_kept(api, monkeypatch, reads):
    job = open_job(api).json()
    monkeypatch.setattr(storage, "MOST_BYTES", 10)
    if reads:  # a length that nobody told
        monkeypatch.setattr("accounts.api.imports._refuse_other_media", lambda request, job: None)

    answer = send(api, job, "x" * 11)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert storage.names() == []


def test_only_failed_rows_are_told_as_csv(api):
    job = started(api, rows(0, 1))

    answer = read(api, job, "/results?set=successful", accept="text/csv")

    assert (answer.status_code, answer.json()["parameter"]) == (400, "set")
    assert read(api, job, "/results?set=all").status_code == 400
    assert read(api, job, "/results", accept="image/png").status_code == 406


def test_results_are_gone_after_their_time(api):
    job = started(api, rows(0, 1))
    run_imports()
    ended = ImportJob.objects.get().finished_at

    purge_imports(at=ended + UPLOADS_KEPT)
    assert len(told(api, job, "successful")) == 1
    purge_imports(at=ended + RESULTS_KEPT)

    answer = read(api, job, "/results?set=successful")
    assert (answer.status_code, answer.json()["code"]) == (410, "results_gone")


def test_unprocessed_rows_are_gone_with_their_file(api, monkeypatch):
    monkeypatch.setattr(chunk, "CHUNK_ROWS", 1)
    job = started(api, rows(0, 3))
    work_on(take_import(at=timezone.now()), until=lambda: True)
    post(api, f"{PATH}/{job['id']}/abort")
    purge_imports(at=ImportJob.objects.get().finished_at + UPLOADS_KEPT)

    assert read(api, job, "/results?set=unprocessed").status_code == 410
    assert len(told(api, job, "successful")) == 1


# --- Who sees what ---------------------------------------------------------------------------------------------
def test_client_sees_the_jobs_of_its_source(api):
    job = open_job(api).json()
    other = open_import(source=SourceFactory(), of=OBJECTS["accounts"], preset="salesforce_export", by="user:1")

    listed = api.get(PATH).json()["data"]

    assert [row["id"] for row in listed] == [job["id"]]
    assert api.get(f"{PATH}/count").json() == {"count": 1, "exact": True}
    for method, rest in [("get", ""), ("put", "/data"), ("post", "/start"), ("post", "/abort"), ("get", "/results")]:
        content = {"content_type": "text/csv"} if method == "put" else {}
        assert getattr(api, method)(f"{PATH}/{other.name_outside}{rest}", **content).status_code == 404


def test_jobs_are_filtered(api):
    started(api, rows(0, 1))
    open_job(api, key="c", object="contacts")

    def listed(query):
        return [row["object"] for row in api.get(f"{PATH}?{query}").json()["data"]]

    assert listed("state=open") == ["contacts"]
    assert listed("object=accounts,contacts") == ["accounts", "contacts"]
    assert listed("object=opportunities") == []
    assert listed("created_after=2999-01-01") == []


def test_person_reads_but_sends_no_files(session, marketer, auditor, api):
    job = started(api, rows(0, 1, bad={0}))
    person = session(marketer)

    assert read(person, job).status_code == 200
    assert read(person, job, "/results").status_code == 200
    assert read(session(auditor), job).status_code == 200
    assert read(session(auditor), job, "/results").status_code == 403
    refused = post(person, PATH, PRESET, "k")
    assert (refused.status_code, refused.json()["code"]) == (403, "client_required")


@pytest.mark.parametrize("size", [3, 300])
def test_list_costs_the_same_queries_for_any_page(api, crm, size, django_assert_num_queries):
    for _ in range(size):
        open_import(source=crm, of=OBJECTS["accounts"], preset="salesforce_export", by="client:1")
    api.get(PATH)

    with django_assert_num_queries(3):
        answer = api.get(f"{PATH}?limit=200")

    assert len(answer.json()["data"]) == min(size, 200)
