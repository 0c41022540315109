"""Importing by hand: a file is recognised, seen, mapped, tried, started; its failed rows come back as a file."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Account, ImportJob, ImportPreset
from accounts.tasks import run_imports
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db

FILE = b"Id,Name,Website,Colour\nA,Acme,acme.example,red\nB,Beta,no way,blue\nC,Gamma,,\n"


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def desk(client, marketer):
    client.force_login(marketer)
    return client


def upload(desk, data=FILE, **answers):
    where = reverse("admin:accounts_importjob_do", args=["upload"])
    file = SimpleUploadedFile("leads.csv", data)
    usual = {"source": SourceFactory(kind="salesforce").pk, "noun": "accounts", "preset": "", "file": file}
    return desk.post(where, {**usual, **answers}, follow=True)


def act(desk, name, answers=None, job=None):
    job = job or ImportJob.objects.latest("pk")
    return desk.post(reverse("admin:accounts_importjob_act", args=[job.pk, name]), answers or {}, follow=True)


def page_of(desk, job=None):
    job = job or ImportJob.objects.latest("pk")
    return desk.get(reverse("admin:accounts_importjob_change", args=[job.pk])).content.decode()


def test_file_is_recognised_seen_tried_and_imported(desk):
    page = upload(desk).content.decode()
    job = ImportJob.objects.get()
    assert (job.state, job.preset, job.file_name) == ("uploaded", "salesforce_export", "leads.csv")
    assert "https://acme.example" in page
    assert "not read: Colour" in page
    assert "Website: " in page  # what is wrong with the second row

    act(desk, "try")
    assert "Waiting for its turn" in page_of(desk)
    run_imports()
    assert not Account.objects.exists()
    assert "What became of the rows" in page_of(desk)
    assert "Column that nothing reads: Colour" in page_of(desk)

    act(desk, "import-now", job=job)
    run_imports()

    assert sorted(Account.objects.values_list("name", flat=True)) == ["Acme", "Gamma"]
    done = ImportJob.objects.latest("pk")
    assert (done.state, done.counts, done.is_dry_run) == ("complete", {"created": 2, "failed": 1}, False)
    file = desk.get(reverse("admin:accounts_importjob_failed_rows", args=[done.pk]))
    assert file["Content-Disposition"].startswith("attachment")
    assert file.content.decode("utf-8-sig").splitlines()[1].endswith("B,Beta,no way,blue")


def test_columns_are_chosen_by_hand(desk):
    upload(desk, b"Id,Firm,Name\nA,Acme,x\n")

    form = desk.get(reverse("admin:accounts_importjob_act", args=[ImportJob.objects.get().pk, "map-columns"]))
    act(desk, "map-columns", {"external_id": "Id", "name": "Firm"})
    act(desk, "start")
    run_imports()

    assert b"Firm" in form.content
    assert Account.objects.get().name == "Acme"


def test_bad_optional_values_may_be_left_out(desk):
    upload(desk, leaves_out="on")

    act(desk, "start")
    run_imports()

    job = ImportJob.objects.get()
    assert (job.counts, job.warnings["values_left_out"]) == ({"created": 3}, 1)
    assert "Bad values left out of rows that were stored" in page_of(desk)


def test_file_that_no_preset_knows_is_refused_in_words(desk):
    page = upload(desk, b"Nom,Ville\nA,Lyon\n").content.decode()

    assert "No preset knows these columns" in page
    assert not ImportJob.objects.exists()


def test_abort_and_wrong_state(desk):
    upload(desk)
    act(desk, "abort")
    assert ImportJob.objects.get().state == "aborted"

    assert act(desk, "start").status_code == 403


def test_auditor_sees_numbers_but_no_row(client, desk, auditor):
    upload(desk)
    client.force_login(auditor)

    page = page_of(client)

    assert "leads.csv" in page
    assert "acme.example" not in page
    assert (
        client.get(reverse("admin:accounts_importjob_failed_rows", args=[ImportJob.objects.get().pk])).status_code
        == 403
    )


def test_shipped_preset_is_read_only_and_its_copy_is_not(desk):
    shipped = ImportPreset.objects.get(name="salesforce_export")
    where = reverse("admin:accounts_importpreset_act", args=[shipped.pk, "copy"])

    desk.post(where, {"name": "ours"})
    desk.post(reverse("admin:accounts_importpreset_change", args=[shipped.pk]), {"name": "x", "rules": "{}"})

    shipped.refresh_from_db()
    assert (shipped.name, bool(shipped.rules["accounts"])) == ("salesforce_export", True)
    own = ImportPreset.objects.get(name="ours")
    bad = desk.post(
        reverse("admin:accounts_importpreset_change", args=[own.pk]),
        {"name": "ours", "description": "", "rules": '{"accounts": {"colour": {}}}'},
    )
    assert b"The mapping cannot be read: accounts.colour: There is no such field." in bad.content
