"""Files of CRMs as they come: presets, mapping files, bad rows, the same file again."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.actions.import_job import open_import, start_import, upload_data
from accounts.actions.import_work import take_import, work_on
from accounts.models import Account, Contact, ExternalIdentity, Opportunity
from accounts.sync.engine import upsert
from accounts.sync.imports.results import failed_file, kept_rows, told_rows
from accounts.sync.mapping import load_mapping, load_preset, load_rules, preset_names
from accounts.sync.objects import OBJECTS
from clg.errors import InvalidInput
from clg.models import OutboxEvent
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
CLOCK = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@pytest.fixture
def write(tmp_path):
    def _write(text, name="file.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return _write


def run(source, noun, path, mapping, **options):
    """One file, from opening its job to the job's end; `mapping` is a preset's name or rules."""
    names = {"preset": mapping} if isinstance(mapping, str) else {"mapping": mapping}
    options = {"default_clock": CLOCK, "by": "user:1", **names, **options}
    job = open_import(source=source, of=OBJECTS[noun], **options)
    with path.open("rb") as file:
        upload_data(job=job, stream=file, at=AT, file_name=path.name)
    start_import(job=job, at=AT)
    return work_on(take_import(at=timezone.now(), job=job))


def told(job, wanted="errors"):
    """What is wrong with which line, and in which column."""
    return [(row["line"], each["column"], each["code"]) for row in kept_rows(job) for each in row.get(wanted, ())]


SALESFORCE = (
    "ID,Name,Web Site,NumberOfEmployees,BillingCountry,ParentId,Type,IsDeleted,SystemModstamp\n"
    "001A0000006Vm9r,Acme,acme.example,\"1,200\",United States,,Customer - Direct,FALSE,2026-01-02T03:04:05.000+0000\n"
    "001a0000006vm9riac,Folded case,,,,,,false,2026-01-02T03:04:05.000Z\n"
    "001A0000006Vm9q,\"Two\nlines\",,5,Atlantis,001A0000006Vm9r,Press,false,2026-01-02T03:04:05.000Z\n"
    "001A0000006Vm9p,Gone,,,,,,TRUE,2026-01-02T03:04:05.000Z\n"
    "001A0000006Vm9o,Whole,http://whole.example/x,7,FR,001A0000006Vm9r,Press,0,2026-01-02T03:04:05.000Z\n"
)  # fmt: skip


def test_salesforce_export_stores_good_rows_and_names_bad_ones(write):
    source = SourceFactory(kind="salesforce")

    job = run(source, "accounts", write(SALESFORCE), "salesforce_export")

    assert job.counts == {"created": 2, "deleted": 1, "failed": 2}
    assert told(job) == [(3, "ID", "invalid_external_id"), (4, "BillingCountry", "invalid_country")]
    acme = Account.objects.get(name="Acme")
    assert (acme.website, acme.employees, acme.country, acme.lifecycle) == (
        "https://acme.example",
        1200,
        "US",
        "customer",
    )
    assert Account.objects.get(name="Whole").parent == acme
    assert ExternalIdentity.objects.get(account=acme).external_id == "001A0000006Vm9rIAC"
    assert job.warnings["unmapped_columns"] == []


def test_invalid_values_may_be_left_out_with_a_warning(write):
    mapping = load_rules(write('based_on = "salesforce_export"\n[options]\ninvalid_values = "drop"\n', "m.toml"))

    job = run(SourceFactory(kind="salesforce"), "accounts", write(SALESFORCE), mapping)

    assert job.failed == 1
    assert told(job, "warnings") == [(4, "BillingCountry", "invalid_country")]
    assert job.warnings["values_left_out"] == 1
    assert Account.objects.get(name="Two\nlines").country == ""


def test_same_file_again_writes_no_row(write):
    source, path = SourceFactory(kind="salesforce"), write(SALESFORCE)
    run(source, "accounts", path, "salesforce_export")
    before = list(ExternalIdentity.objects.order_by("id").values()), list(Account.objects.order_by("id").values())
    events = OutboxEvent.objects.exclude(object_type="import_job").count()

    job = run(source, "accounts", path, "salesforce_export")

    assert job.counts == {"unchanged": 3, "failed": 2}
    after = list(ExternalIdentity.objects.order_by("id").values()), list(Account.objects.order_by("id").values())
    assert after == before
    assert OutboxEvent.objects.exclude(object_type="import_job").count() == events


def test_dry_run_stores_nothing(write):
    job = run(SourceFactory(kind="salesforce"), "accounts", write(SALESFORCE), "salesforce_export", is_dry_run=True)

    assert job.counts["created"] == 2
    assert not Account.objects.exists()
    assert not ExternalIdentity.objects.exists()


def test_tree_rows_refer_to_each_other(write):
    source = SourceFactory(currency="USD")
    run(source, "accounts", write("name,industry\nAcme,n/a\nBeta,Tech\n"), "salesforce_tree")
    people = "lastName,firstName,email,accountId\nSilva,Ana,ana@beta.example,@AccountRef2\n"

    run(source, "contacts", write(people), "salesforce_tree")
    deals = "amount,closedate,name,StageName,accountId\n10.5,2020-12-22T21:16:01Z,Deal,Closed/Won,@AccountRef1\n"
    run(source, "opportunities", write("﻿" + deals), "salesforce_tree")

    assert Contact.objects.get().account.name == "Beta"
    deal = Opportunity.objects.get()
    assert (deal.account.name, deal.outcome, deal.kind) == ("Acme", "won", "new_business")
    assert deal.closed_at == dt.datetime(2020, 12, 22, 21, 16, 1, tzinfo=dt.UTC)


WAREHOUSE = (
    "_fivetran_deleted,_fivetran_synced,property_email,id,property_lastname,property_hs_merged_object_ids\n"
    "FALSE,2020-12-30 3:15:52,a@a.example,7,Winner,5;6\n"
    "false,2020-12-30 03:15:52.123,b@a.example,6,Loser,\n"
    "TRUE,2020-12-30 3:15:52,,8,Gone,\n"
    "True,2020-12-30 3:15:52,,9,Gone,\n"
)


def test_warehouse_reads_deletes_in_any_case_and_merged_ids(write):
    source = SourceFactory(kind="hubspot")

    job = run(source, "contacts", write(WAREHOUSE), "hubspot_warehouse")

    assert job.counts == {"created": 1, "redirected": 1, "deleted": 2}
    assert job.warnings["merged_ids"] == 2
    assert [c.last_name for c in Contact.objects.known_as(source, ["5"])] == ["Winner"]
    assert [c.last_name for c in Contact.objects.known_as(source, ["6"])] == ["Winner"]
    later = {"external_id": "6", "source_updated_at": "2026-01-01T00:00:00Z", "fields": {"last_name": "Later"}}
    [result] = upsert(source=source, of=OBJECTS["contacts"], raw_items=[later], at=timezone.now())
    assert (result.outcome, result.applied) == ("redirected", True)
    assert [c.last_name for c in Contact.objects.known_as(source, ["5"])] == ["Later"]


def test_row_that_stood_here_goes_into_the_row_it_was_merged_into(write):
    source = SourceFactory(kind="hubspot")
    before = WAREHOUSE.replace("5;6", "")
    run(source, "contacts", write(before), "hubspot_warehouse")
    loser = Contact.objects.known_as(source, ["6"]).get()
    deal = {
        "external_id": "D",
        "source_updated_at": "2020-12-30T00:00:00Z",
        "fields": {"name": "Deal"},
        "relations": {"contacts": [{"external_id": "6"}]},
    }
    upsert(source=source, of=OBJECTS["opportunities"], raw_items=[deal], at=timezone.now())

    job = run(source, "contacts", write(WAREHOUSE.replace(" 3:15:52,a", " 4:15:52,a")), "hubspot_warehouse")

    warned = {name: job.warnings[name] for name in ("merged_ids", "merged_rows", "merges_refused")}
    assert warned == {"merged_ids": 1, "merged_rows": 1, "merges_refused": 0}
    winner = Contact.objects.known_as(source, ["6"]).get()
    assert (winner.last_name, winner.pk == loser.pk) == ("Winner", False)
    assert [role.contact for role in Opportunity.objects.get().contact_roles.all()] == [winner]
    again = run(source, "contacts", write(WAREHOUSE), "hubspot_warehouse")
    assert again.warnings["merged_rows"] == 0


def test_merges_in_a_chain_lead_to_its_end_and_those_in_a_circle_nowhere(write):
    head = "Id,Name,SystemModstamp,MasterRecordId\n"
    rows = [("A", "B"), ("B", "C"), ("C", ""), ("X", "Y"), ("Y", "X")]
    text = head + "".join(f"{name},{name},2026-01-01T00:00:00Z,{winner}\n" for name, winner in rows)
    source = SourceFactory()

    job = run(source, "accounts", write(text), "salesforce_export")

    assert job.counts == {"created": 3, "redirected": 2}
    assert {a.name for a in Account.objects.known_as(source, ["A", "B", "C"])} == {"C"}
    assert {a.name for a in Account.objects.known_as(source, ["X", "Y"])} == {"X", "Y"}


VERSIONED = {"accounts": {"external_id": {"columns": ["id"]}, "clock": {"columns": ["revision"]},
                          "fields": {"name": {"columns": ["name"]}}}}  # fmt: skip


def test_table_of_a_source_that_orders_by_versions(write):
    source = SourceFactory(ordering="version")
    run(source, "accounts", write("id,name,revision\nA,New,7.10\n"), VERSIONED)

    job = run(source, "accounts", write("id,name,revision\nA,Old,7.9\nB,None,\nC,Odd,x\nD,Good,1\n"), VERSIONED)

    assert job.counts == {"stale": 1, "failed": 2, "created": 1}
    assert {column for _, column, _ in told(job)} == {"revision"}
    assert {a.name for a in Account.objects.all()} == {"New", "Good"}


def test_table_without_versions_is_refused_where_versions_order(write):
    job = run(SourceFactory(ordering="version"), "accounts", write("id,name\nA,New\n"), VERSIONED)

    assert (job.state, job.failure_code) == ("failed", "missing_version_column")


def test_open_deal_has_no_closing_moment(write):
    text = "Record ID,Deal Name,Deal Stage,Amount,Close Date,Create Date,Associated Company IDs\n"
    text += "1,Open,Contract sent,5,2026-05-01 10:00,2026-01-01 10:00,77;78\n2,Won,Closed won,5,2026-05-01 10:00,,\n"
    source = SourceFactory(kind="hubspot", currency="EUR")

    run(source, "opportunities", write(text), "hubspot_export")

    still_open, won = Opportunity.objects.order_by("name")
    assert (still_open.closed_at, still_open.expected_close_on) == (None, dt.date(2026, 5, 1))
    assert won.closed_at == dt.datetime(2026, 5, 1, 10, tzinfo=dt.UTC)
    assert still_open.account == Account.objects.known_as(source, ["77"]).get()


def test_id_twice_without_a_clock_fails_each_time(write):
    text = "Id,Name\nA,One\nB,Two\nA,Three\nC,Four\n"

    job = run(SourceFactory(), "accounts", write(text), "salesforce_export")

    assert told(job) == [(2, "Id", "duplicate_in_request"), (4, "Id", "duplicate_in_request")]
    assert set(Account.objects.values_list("name", flat=True)) == {"Two", "Four"}


def test_id_twice_with_a_clock_ends_with_the_newer_row(write):
    text = "Id,Name,SystemModstamp\nA,New,2026-01-02T00:00:00Z\nA,Old,2026-01-01T00:00:00Z\n"

    run(SourceFactory(), "accounts", write(text), "salesforce_export")

    assert Account.objects.get().name == "New"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("\n", "empty_file"),
        ("Name\nAcme\n", "missing_key_column"),
        ("Id,Website\nA,no way\nB,n o\nC,http://c.example\n", "mostly_bad"),
        (f"Id,Name\nA,{'x' * 5000}\x00\n", "invalid_encoding"),
    ],
)
def test_wrong_file_is_refused_before_anything_is_stored(write, text, code):
    job = run(SourceFactory(), "accounts", write(text), "salesforce_export")

    assert (job.state, job.failure_code, job.processed) == ("failed", code, 0)
    assert OutboxEvent.objects.get().type == "import_job.failed"
    assert not ExternalIdentity.objects.exists()


def test_file_of_another_form_is_refused(write):
    """Rows without ids are named by their number, so a file of anything would bring as many accounts as lines."""
    job = run(SourceFactory(), "accounts", write("Nom,Ville\nA,Lyon\n"), "salesforce_tree")

    assert job.failure_code == "no_known_column"
    assert "is it a CSV file of accounts" in job.failure
    assert not ExternalIdentity.objects.exists()


def test_command_names_the_way_out_of_bad_values(write):
    SourceFactory(slug="crm")
    path = write("Id,Website\nA,no way\nB,n o\nC,http://c.example\n")

    with pytest.raises(CommandError, match="--invalid-values drop$"):
        call_command(
            "import_crm", str(path), "--source", "crm", "--object", "accounts", "--preset", "salesforce_export"
        )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_and_delimiters_are_found(write, encoding):
    run(SourceFactory(), "accounts", write("Id;Name\nA;Café\n", encoding=encoding), "salesforce_export")

    assert Account.objects.get().name == "Café"


def test_results_file_is_safe_to_open(write):
    source = SourceFactory()
    text = "Id,Name,NumberOfEmployees\n=cmd(),One,x\nB,Two,2\nC,Three,3\n"
    job = run(source, "accounts", write(text), "salesforce_export")

    rows = list(csv.reader(failed_file(job).decode("utf-8-sig").splitlines()))

    assert rows[0] == ["clg_line", "clg_errors", "Id", "Name", "NumberOfEmployees"]
    assert rows[1] == ["2", "NumberOfEmployees: A whole number is needed here.", "'=cmd()", "One", "x"]
    (bad,) = told_rows(job, "failed")
    assert (bad["line"], bad["outcome"], bad["errors"][0]["column"]) == (2, "failed", "NumberOfEmployees")


def test_failed_rows_can_be_repaired_and_sent_again(write):
    source = SourceFactory()
    text = "Id,Name,NumberOfEmployees\n=a,-1 is a name,x\nB,Two,2\nC,Three,3\n"
    failed = failed_file(run(source, "accounts", write(text), "salesforce_export")).decode("utf-8-sig")

    again = run(source, "accounts", write(failed.replace(",x\r", ",7\r")), "salesforce_export")

    assert again.counts == {"created": 1}
    assert again.warnings["unmapped_columns"] == []
    assert (Account.objects.get(employees=7).name, failed.count("'")) == ("-1 is a name", 2)
    assert Account.objects.known_as(source, ["=a"]).exists()


def test_every_preset_reads_every_object():
    for name in preset_names():
        assert set(load_preset(name).sections) == set(OBJECTS)


def test_command_prints_one_json_object(write, capsys, tmp_path):
    SourceFactory(slug="crm", kind="salesforce")

    call_command(
        "import_crm", str(write(SALESFORCE)), "--source", "crm", "--object", "accounts", "--preset",
        "salesforce_export", "--json", "--results", str(tmp_path / "bad.csv"),
    )  # fmt: skip

    printed = json.loads(capsys.readouterr().out)
    assert (printed["total"], printed["successful"], printed["failed"]) == (5, 3, 2)
    assert printed["counts"] == {"created": 2, "deleted": 1, "failed": 2}
    assert len((tmp_path / "bad.csv").read_text().splitlines()) == 4  # one name is of two lines


def test_command_refuses_an_unknown_source(write):
    with pytest.raises(CommandError, match="no active source"):
        call_command("import_crm", str(write("Id\n")), source="none", object="accounts", preset="salesforce_export")


# Files of others never lie in the repository; whoever has them names their folder in CLG_SAMPLE_DATA.
SAMPLES = Path(os.environ.get("CLG_SAMPLE_DATA", "/nonexistent"))
EXPECTED = [
    ("salesforce_sample/Accounts.csv", "accounts", "salesforce_tree", {"created": 50}),
    ("salesforce_sample/Contacts.csv", "contacts", "salesforce_tree", {"created": 150}),
    ("salesforce_sample/Opportunities.csv", "opportunities", "salesforce_tree", {"created": 50}),
    ("hubspot_sample/company_data.csv", "accounts", "hubspot_warehouse", {"created": 24}),
    ("hubspot_sample/deal_data.csv", "opportunities", "hubspot_warehouse", {"created": 44}),
]


FOUND = [expected for expected in EXPECTED if (SAMPLES / expected[0]).exists()]

if FOUND:

    @pytest.mark.parametrize(("file", "noun", "preset", "counts"), FOUND)
    def test_sample_files_are_read_as_they_are(file, noun, preset, counts):
        job = run(SourceFactory(currency="USD"), noun, SAMPLES / file, preset)

        assert job.counts == counts


@pytest.mark.parametrize("option", ['date_format = "%d-%m-%Y"', 'invalid_values = "ignore"', 'colour = "red"'])
def test_mapping_with_an_unknown_option_is_refused(option, tmp_path):
    path = tmp_path / "mapping.toml"
    path.write_text(f"[options]\n{option}\n[accounts]\nexternal_id = {{ columns = ['id'] }}\n")

    with pytest.raises(InvalidInput) as refusal:
        load_mapping(path)

    assert refusal.value.code == "invalid_mapping"
