"""Import jobs from opening to the end: states, turns, leases, formats, operations, retention."""

from __future__ import annotations

import datetime as dt
import io
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.actions import import_work
from accounts.actions.import_job import (
    abort_import,
    load_shipped_presets,
    open_import,
    purge_imports,
    start_import,
    upload_data,
)
from accounts.actions.import_work import LeaseLost, take_import, work_on
from accounts.models import Account, Contact, ImportJob, ImportPreset
from accounts.sync.imports import chunk, storage
from accounts.sync.imports.results import failed_file, kept_rows, told_rows
from accounts.sync.imports.storage import FileTooLarge
from accounts.sync.mapping import load_preset, preset_names
from accounts.sync.objects import OBJECTS
from accounts.tasks import run_imports
from clg.errors import InvalidInput, InvalidTransition
from clg.invariants import look_at_all
from clg.models import OutboxEvent
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
CSV = b"Id,Name,Website,SystemModstamp\n"


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def rows(start, end, bad=()):
    """Accounts as CSV, those numbered in `bad` with an address that is none."""
    lines = (f"A{n},Account {n},{'no way' if n in bad else ''},2026-01-01T00:00:00Z\n" for n in range(start, end))
    return CSV + "".join(lines).encode()


def opened(source, **fields):
    return open_import(
        source=source, by="user:1", **{"of": OBJECTS["accounts"], "preset": "salesforce_export", **fields}
    )


def uploaded(source, data, **fields):
    return upload_data(job=opened(source, **fields), stream=io.BytesIO(data), at=timezone.now(), file_name="file.csv")


def started(source, data, **fields):
    return start_import(job=uploaded(source, data, **fields), at=timezone.now())


def ran(source, data, **fields):
    job = started(source, data, **fields)
    return work_on(take_import(at=timezone.now(), job=job))


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(chunk, "CHUNK_ROWS", 10)


def sums(job):
    return job.successful + job.failed + job.unprocessed == job.total


# --- States ----------------------------------------------------------------------------------------------------
def test_job_runs_from_open_to_complete(small_chunks):
    source = SourceFactory()
    job = opened(source)
    assert (job.state, job.name_outside[:4]) == ("open", "imp_")
    job = upload_data(job=job, stream=io.BytesIO(rows(0, 25, bad={3})), at=AT, file_name="a.csv")
    assert (job.state, job.size, len(job.sha256)) == ("uploaded", len(rows(0, 25, bad={3})), 64)
    job = start_import(job=job, at=AT)
    assert job.state == "running"

    job = work_on(take_import(at=timezone.now()))

    assert (job.state, job.total, job.processed, job.counts) == ("complete", 25, 25, {"created": 24, "failed": 1})
    assert sums(job)
    assert [(c.number, c.rows, c.first_line, c.last_line) for c in job.chunks.order_by("number")] == [
        (0, 10, 2, 11),
        (1, 10, 12, 21),
        (2, 5, 22, 26),
    ]
    assert OutboxEvent.objects.filter(type="import_job.completed", object_id=job.public_id).count() == 1


@pytest.mark.parametrize("act", [start_import, abort_import])
@pytest.mark.parametrize("state", ["complete", "failed", "aborted"])
def test_ended_job_takes_no_step(act, state):
    job = opened(SourceFactory())
    ImportJob.objects.update(state=state)

    with pytest.raises(InvalidTransition):
        act(job=job, at=AT)


def test_job_without_data_does_not_start_and_a_running_one_takes_none():
    source = SourceFactory()
    with pytest.raises(InvalidTransition):
        start_import(job=opened(source), at=AT)
    running = started(source, rows(0, 1))

    with pytest.raises(InvalidTransition):
        upload_data(job=running, stream=io.BytesIO(b"x"), at=AT)

    assert storage.names() == [running.upload]


def test_second_upload_replaces_the_first(django_capture_on_commit_callbacks):
    job = uploaded(SourceFactory(), rows(0, 1))

    with django_capture_on_commit_callbacks(execute=True):
        again = upload_data(job=job, stream=io.BytesIO(rows(0, 2)), at=AT)

    assert storage.names() == [again.upload]
    assert again.upload != job.upload


@pytest.mark.parametrize(
    ("head", "file_format", "words"),
    [
        (b"PK\x03\x04 and so on", "csv", "Excel or ZIP"),
        (b"%PDF-1.7", "csv", "PDF"),
        (b"\x1f\x8b\x08", "ndjson", "gzip"),
        (b"\x89PNG\r\n", "csv", "image"),
        (b"Id,Name\nA,\0\n", "csv", "no text"),
        (b'{"external_id": "A"}\n', "csv", "ndjson"),
        (b'{\n"records": [\n{"attributes": {"type": "Account"}}\n]\n}\n', "csv", "ndjson"),
        (b'[{"external_id": "A"}]\n', "ndjson", "one JSON object a line"),
        (b"Id,Name\nA,Acme\n", "ndjson", "one JSON object a line"),
    ],
)
def test_file_of_another_kind_is_refused_by_its_content(head, file_format, words):
    job = opened(SourceFactory(), file_format=file_format)

    with pytest.raises(InvalidInput, match=words) as refusal:
        upload_data(job=job, stream=io.BytesIO(head), at=AT)

    assert refusal.value.code == "unsupported_file"
    assert storage.names() == []


def test_file_over_the_limit_leaves_nothing(monkeypatch):
    monkeypatch.setattr(storage, "MOST_BYTES", 10)
    job = opened(SourceFactory())

    with pytest.raises(FileTooLarge):
        upload_data(job=job, stream=io.BytesIO(b"x" * 11), at=AT)

    assert storage.names() == []
    assert ImportJob.objects.get().state == "open"


def test_abort_keeps_what_checkpoints_stored(small_chunks):
    job = started(SourceFactory(), rows(0, 25))
    seen = []

    def abort_after_two(job):
        seen.append(job.processed)
        if len(seen) == 2:
            abort_import(job=job, at=AT)

    job = work_on(take_import(at=timezone.now()), on_progress=abort_after_two)

    assert (job.state, job.processed, job.unprocessed) == ("aborted", 20, 5)
    assert Account.objects.count() == 20
    assert [row["line"] for row in told_rows(job, "unprocessed")] == [22, 23, 24, 25, 26]


# --- Turns and leases ------------------------------------------------------------------------------------------
def test_jobs_of_one_source_and_object_wait_for_their_turn():
    source = SourceFactory()
    first, second = started(source, rows(0, 1)), started(source, rows(1, 2))
    other = started(SourceFactory(), rows(0, 1))

    assert take_import(at=timezone.now()) == first
    assert take_import(at=timezone.now(), job=second) is None
    assert take_import(at=timezone.now()) == other
    assert take_import(at=timezone.now()) is None


def test_task_works_on_all_that_wait():
    source = SourceFactory()
    jobs = [started(source, rows(n, n + 2)) for n in range(0, 6, 2)]

    run_imports()

    assert set(ImportJob.objects.values_list("state", flat=True)) == {"complete"}
    assert Account.objects.count() == 6
    assert [job.pk for job in ImportJob.objects.order_by("finished_at")] == [job.pk for job in jobs]


def test_lost_job_is_taken_over_once_its_lease_has_ended(small_chunks):
    started(SourceFactory(), rows(0, 25))
    lost = take_import(at=timezone.now())
    assert take_import(at=timezone.now()) is None

    taken = take_import(at=timezone.now() + import_work.LEASE + dt.timedelta(seconds=1))

    assert (taken.pk, taken.fence) == (lost.pk, lost.fence + 1)
    work_on(lost)
    assert Account.objects.count() == 0  # who woke too late writes nothing
    assert work_on(taken).counts == {"created": 25}


def test_job_handed_back_goes_on_at_its_checkpoint(small_chunks):
    started(SourceFactory(), rows(0, 25, bad={12}))
    job = work_on(take_import(at=timezone.now()), until=lambda: True)
    assert (job.state, job.processed) == ("running", 10)

    job = work_on(take_import(at=timezone.now()))

    assert (job.counts, sums(job)) == ({"created": 24, "failed": 1}, True)
    assert [row["line"] for row in kept_rows(job)] == list(range(2, 27))
    assert [row["line"] for row in told_rows(job, "failed")] == [14]


def test_file_that_ends_its_workers_is_given_up():
    started(SourceFactory(), rows(0, 1))
    ImportJob.objects.update(attempts=import_work.MOST_ATTEMPTS)

    job = work_on(take_import(at=timezone.now()))

    assert (job.state, job.failure_code) == ("failed", "gave_up")


def test_chunk_that_lost_its_lease_stores_nothing(monkeypatch):
    started(SourceFactory(), rows(0, 5))
    job = take_import(at=timezone.now())
    ImportJob.objects.update(fence=99)

    with pytest.raises(LeaseLost):
        import_work._keep(job)
    work_on(job)

    assert Account.objects.count() == 0


# --- Files -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_rows_after_a_checkpoint_are_read_in_every_encoding(small_chunks, encoding):
    text = "Id;Name;SystemModstamp\r\n" + "".join(
        f'B{n};"Café {n}\r\nzweite Zeile";2026-01-01T00:00:00Z\r\n' for n in range(25)
    )
    started(SourceFactory(), text.encode(encoding))
    while (job := take_import(at=timezone.now())) is not None:
        job = work_on(job, until=lambda: True)

    assert Account.objects.filter(name__startswith="Café").count() == 25
    assert [row["line"] for row in kept_rows(ImportJob.objects.get())] == list(range(2, 52, 2))


def test_merged_ids_in_a_later_chunk_are_redirected_in_an_earlier_one(small_chunks):
    head = "_fivetran_deleted,_fivetran_synced,property_email,id,property_lastname,property_hs_merged_object_ids\n"
    lines = [f"false,2020-12-30 03:15:52,p{n}@a.example,{n},Person {n},\n" for n in range(25)]
    lines.append("false,2020-12-30 03:15:52,w@a.example,99,Winner,3;14\n")
    source = SourceFactory(kind="hubspot")

    job = ran(source, (head + "".join(lines)).encode(), of=OBJECTS["contacts"], preset="hubspot_warehouse")

    assert job.counts == {"created": 24, "redirected": 2}
    assert [c.last_name for c in Contact.objects.known_as(source, ["3", "14"]).distinct()] == ["Winner"]


def item(name, **more):
    return {"external_id": name, "source_updated_at": "2026-01-01T00:00:00Z", "fields": {"name": name}, **more}


def test_ndjson_lines_are_items():
    lines = [json.dumps(item("A")), "", "{", json.dumps(item("B", op="delete")), json.dumps(item("C")), "[1]"]

    job = ran(SourceFactory(), "\n".join(lines).encode(), file_format="ndjson", preset="")

    assert job.counts == {"created": 2, "deleted": 1, "failed": 2}
    assert [(row["line"], row["errors"][0]["code"]) for row in told_rows(job, "failed")] == [
        (3, "malformed_json"),
        (6, "invalid_type"),
    ]
    assert failed_file(job).decode("utf-8-sig").splitlines()[0] == "clg_line,external_id,clg_errors"


def test_operations_do_what_they_say():
    source = SourceFactory()
    ran(source, rows(0, 4))

    updated = ran(source, rows(2, 6).replace(b"2026-01-01", b"2026-02-01").replace(b"Account", b"Firm"),
                  operation="update_only")  # fmt: skip
    deleted = ran(source, rows(0, 1).replace(b"2026-01-01", b"2026-03-01"), operation="delete")
    restored = ran(source, rows(0, 1).replace(b"2026-01-01", b"2026-04-01"), operation="restore")

    assert updated.counts == {"updated": 2, "failed": 2}
    assert (deleted.counts, restored.counts) == ({"deleted": 1}, {"restored": 1})


def test_own_mapping_goes_before_the_preset():
    mapping = {"accounts": {"fields": {"name": {"columns": ["Company"]}}}}

    ran(SourceFactory(), b"Id,Company\nA,Acme\n", mapping=mapping)

    assert Account.objects.get().name == "Acme"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"preset": "none"}, "unknown_preset"),
        ({"preset": ""}, "no_section"),
        ({"mapping": {"accounts": {"colour": {}}}}, "invalid_mapping"),
        ({"mapping": {"accounts": {"fields": {"name": {"columns": 7}}}}}, "invalid_mapping"),
        ({"mapping": {"accounts": []}}, "invalid_mapping"),
        ({"mapping": {"based_on": 7}}, "invalid_mapping"),
        ({"mapping": {"based_on": "none"}}, "unknown_preset"),
        ({"mapping": {"options": {"colour": "red"}}}, "invalid_mapping"),
        ({"mapping": {"options": {"time_zone": "Mars/Olympus"}}}, "invalid_mapping"),
        ({"mapping": {"accounts": {"fields": {"colour": {"columns": ["Colour"]}}}}}, "invalid_mapping"),
        ({"mapping": {"accounts": {"external_id": {"template": "{row.__class__}"}}}}, "invalid_mapping"),
        ({"mapping": {"accounts": {"fields": {"name": {"transform": ["explode"]}}}}}, "invalid_mapping"),
    ],
)
def test_job_with_rules_that_cannot_be_read_is_refused(fields, code):
    with pytest.raises(InvalidInput) as refusal:
        opened(SourceFactory(), **fields)

    assert refusal.value.code == code
    assert not ImportJob.objects.exists()


def test_presets_based_on_each_other_are_refused():
    for name, base in [("one", "two"), ("two", "one")]:
        ImportPreset.objects.create(name=name, rules={"based_on": base})

    with pytest.raises(InvalidInput, match="based on itself"):
        opened(SourceFactory(), preset="one")


def test_transforms_that_do_not_fit_each_other_fail_their_rows():
    mapping = {"accounts": {"fields": {"name": {"columns": ["Name"], "transform": ["split:;", "lower"]}}}}

    job = ran(SourceFactory(), CSV + b"A,Acme,,2026-01-01T00:00:00Z\nB,,,2026-01-01T00:00:00Z\n", mapping=mapping)

    assert (job.counts, job.codes) == ({"created": 1, "failed": 1}, {"invalid_transform": 1})


# --- Presets ---------------------------------------------------------------------------------------------------
def test_shipped_presets_are_rows_and_a_copy_may_be_changed():
    assert sorted(ImportPreset.objects.values_list("name", flat=True)) == preset_names()
    ImportPreset.objects.filter(name="hubspot_export").update(rules={}, description="spoilt")
    rules = {"based_on": "salesforce_export", "accounts": {"fields": {"name": {"columns": ["Company"]}}}}
    own = ImportPreset.objects.create(name="ours", rules=rules)

    load_shipped_presets()

    assert ImportPreset.objects.get(name="hubspot_export").rules["accounts"]
    assert load_preset(own.name).sections["accounts"].fields["name"].columns == ("Company",)
    ran(SourceFactory(), b"Id,Company\nA,Acme\n", preset="ours")
    assert Account.objects.get().name == "Acme"


# --- Retention -------------------------------------------------------------------------------------------------
def test_uploads_go_after_a_week_and_results_after_a_month():
    job = ran(SourceFactory(), rows(0, 3))
    second = dt.timedelta(seconds=1)

    def purged(days, edge):
        return purge_imports(at=job.finished_at + dt.timedelta(days=days) + edge)

    assert purged(7, -second) == {"aborted": 0, "uploads": 0, "strays": 0, "results": 0}
    assert purged(7, second) == {"aborted": 0, "uploads": 1, "strays": 0, "results": 0}
    assert storage.names() == []
    assert purged(30, -second)["results"] == 0
    assert purged(30, second) == {"aborted": 0, "uploads": 0, "strays": 0, "results": 1}
    assert purged(30, second)["results"] == 0
    assert list(kept_rows(ImportJob.objects.get())) == []


def test_files_that_no_job_points_to_go_after_a_day():
    job = uploaded(SourceFactory(), rows(0, 1))
    stray = storage.store(io.BytesIO(b"Id,Name\n"))
    at = timezone.now()

    assert purge_imports(at=at)["strays"] == 0
    assert purge_imports(at=at + dt.timedelta(days=1, seconds=1))["strays"] == 1
    assert storage.names() == [job.upload]
    assert stray.name != job.upload


def test_command_goes_behind_a_job_of_the_same_kind(tmp_path, capsys, monkeypatch):
    source = SourceFactory(slug="crm")
    started(source, rows(0, 2))
    path = tmp_path / "more.csv"
    path.write_bytes(rows(2, 5))
    naps = []

    def nap(seconds):
        naps.append(seconds)
        run_imports()

    monkeypatch.setattr("accounts.management.commands.import_crm.time.sleep", nap)

    call_command("import_crm", str(path), source="crm", object="accounts", preset="salesforce_export", json=True)

    assert Account.objects.count() == 5
    assert set(ImportJob.objects.values_list("state", flat=True)) == {"complete"}


def test_job_over_the_limit_tells_of_the_rest_by_one_event(monkeypatch):
    monkeypatch.setattr(chunk, "CHUNK_ROWS", 2)
    monkeypatch.setattr("clg.events.outbox.MASS_ROWS", 3)

    ran(SourceFactory(), rows(0, 7))

    assert Account.objects.count() == 7
    told = list(OutboxEvent.objects.order_by("id").values_list("type", flat=True))
    assert told == ["account.created"] * 4 + ["account.resync_required", "import_job.completed"]


def test_aborted_job_over_the_limit_tells_of_what_it_changed(monkeypatch):
    monkeypatch.setattr(chunk, "CHUNK_ROWS", 2)
    monkeypatch.setattr("clg.events.outbox.MASS_ROWS", 3)
    started(SourceFactory(), rows(0, 7))
    job = take_import(at=timezone.now())
    turns = iter([False, False, True])

    work_on(job, until=lambda: next(turns))
    abort_import(job=job, at=timezone.now())

    assert Account.objects.count() == 6
    assert OutboxEvent.objects.filter(type="account.resync_required").count() == 1


@pytest.mark.parametrize("limit", [7, 8])
def test_job_up_to_the_limit_tells_of_each_row(monkeypatch, limit):
    monkeypatch.setattr(chunk, "CHUNK_ROWS", 2)
    monkeypatch.setattr("clg.events.outbox.MASS_ROWS", limit)

    ran(SourceFactory(), rows(0, 7))

    assert OutboxEvent.objects.filter(type="account.created").count() == 7
    assert not OutboxEvent.objects.filter(type="account.resync_required").exists()


@pytest.mark.parametrize(
    "planted",
    [
        "UPDATE accounts_importjob SET processed = processed - 1",
        "UPDATE accounts_importchunk SET first_line = 1 WHERE number = 1",
        "UPDATE accounts_importchunk SET byte_start = byte_start + 1 WHERE number = 1",
        "DELETE FROM accounts_importchunk WHERE number = 1",
        """UPDATE accounts_importchunk SET counts = '{"created": 9}' WHERE number = 0""",
    ],
)
def test_sums_that_do_not_add_up_are_a_breach(small_chunks, planted):
    job = ran(SourceFactory(), rows(0, 25))
    assert look_at_all(at=AT, only=["I10"])["ok"]

    with connection.cursor() as cursor:
        cursor.execute(planted)

    (check,) = look_at_all(at=AT, only=["I10"])["checks"]
    assert (check["breaches"], check["sample"]) == (1, [job.name_outside])
