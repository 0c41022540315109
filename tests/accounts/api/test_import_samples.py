"""Files of the shape of two CRMs, through the API: references are resolved, merged ids lead to their winners.

`SAMPLES` names a folder with samples as they come (`salesforce_sample`, `hubspot_sample`); without it only the files
made here are sent.
"""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Account, Contact, CrmSource, Opportunity
from accounts.tasks import run_imports
from clg.invariants import look_at_all
from tests.accounts.api.test_imports import PATH, post, send

pytestmark = pytest.mark.django_db
SAMPLES = Path(os.environ.get("SAMPLES", "/nowhere"))
SALESFORCE = {"accounts": "Accounts.csv", "contacts": "Contacts.csv", "opportunities": "Opportunities.csv"}
HUBSPOT = {"accounts": "company_data.csv", "contacts": "contact_data.csv", "opportunities": "deal_data.csv"}


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def api(caller):
    return caller("imports:write", "contacts:read", "accounts:read", "opportunities:read")


def table(head, rows):
    written = io.StringIO()
    csv.writer(written).writerows([head, *rows])
    return written.getvalue().encode()


def salesforce_tree():
    """50 accounts, 150 contacts and 50 deals without ids; deals and contacts name accounts by their number."""
    names = [[f"Firm {n}", f"http://firm{n}.example/at", "Customer", "n/a", 100 + n] for n in range(50)]
    people = [["Silva", f"Ana {n}", f"ana{n}@firm.example", f"@AccountRef{n % 50 + 1}"] for n in range(150)]
    deals = [[f"{n}.50", "2020-12-22T21:16:01Z", f"Deal {n}", "Closed Won", f"@AccountRef{50 - n}"] for n in range(50)]
    return {
        "accounts": table(["name", "website", "type", "industry", "NumberOfEmployees"], names),
        "contacts": table(["lastName", "firstName", "email", "accountId"], people),
        "opportunities": table(["amount", "closedate", "name", "StageName", "accountId"], deals),
    }


def hubspot_tables():
    """Deletes in mixed case, days without zeros, and contacts that list those merged into them, before and after."""
    firms = [[n, "false" if n % 5 else "TRUE", f"2020-12-30 3:15:5{n % 10}", f"Firm {n}"] for n in range(1, 25)]
    head = ["_fivetran_deleted", "_fivetran_synced", "property_email", "id", "property_lastname",
            "property_hs_merged_object_ids", "property_associatedcompanyid"]  # fmt: skip
    merged = {3: "1;2", 20: "21;999", 22: "20"}
    people = [
        ["FALSE", "2021-04-02 11:16:05", "masked", n, f"Person {n}", merged.get(n, ""), n % 24 + 1]
        for n in range(1, 23)
    ]
    deals = [[7000 + n, "false", "2021-1-2 3:04:05", f"Deal {n}", "", n % 24 + 1] for n in range(44)]
    return {
        "accounts": table(["id", "is_deleted", "_fivetran_synced", "property_name"], firms),
        "contacts": table(head, people),
        "opportunities": table(
            ["deal_id", "is_deleted", "_fivetran_synced", "property_dealname", "property_amount", "company_id"], deals
        ),
    }


def load(api, files, **fields):
    """Each file as a job of its own, children first; what the jobs say at their end."""
    told = {}
    for noun in ("opportunities", "contacts", "accounts"):
        job = post(api, PATH, {"object": noun, **fields}, f"{noun}-1").json()
        assert send(api, job, files[noun]).status_code == 200
        assert post(api, f"{PATH}/{job['id']}/start").status_code == 202
        run_imports()
        told[noun] = api.get(f"{PATH}/{job['id']}").json()
        assert told[noun]["state"] == "complete", told[noun]["failure"]
    assert look_at_all(at=timezone.now(), only=["I4", "I10"])["ok"]
    return told


def read_sample(folder, names):
    return {noun: (SAMPLES / folder / name).read_bytes() for noun, name in names.items()}


def salesforce_files():
    is_there = (SAMPLES / "salesforce_sample").is_dir()
    return [salesforce_tree(), *([read_sample("salesforce_sample", SALESFORCE)] if is_there else [])]


def hubspot_files():
    is_there = (SAMPLES / "hubspot_sample").is_dir()
    return [hubspot_tables(), *([read_sample("hubspot_sample", HUBSPOT)] if is_there else [])]


@pytest.mark.parametrize("files", salesforce_files(), ids=lambda files: f"{len(files['accounts'])} bytes")
def test_every_reference_of_a_salesforce_tree_is_resolved(api, files):
    CrmSource.objects.update(currency="USD")

    told = load(api, files, preset="salesforce_tree")

    assert [told[noun]["total"] for noun in SALESFORCE] == [50, 150, 50]
    assert [told[noun]["failed"] for noun in SALESFORCE] == [0, 0, 0]
    assert [model.objects.live().complete().count() for model in (Account, Contact, Opportunity)] == [50, 150, 50]
    assert not Contact.objects.filter(account=None).exists()
    assert not Opportunity.objects.filter(account=None).exists()


@pytest.mark.parametrize("files", hubspot_files(), ids=lambda files: f"{len(files['accounts'])} bytes")
def test_merged_ids_of_a_hubspot_warehouse_lead_to_their_winners(api, files):
    told = load(api, files, preset="hubspot_warehouse", options={"invalid_values": "drop"})

    assert [told[noun]["failed"] for noun in HUBSPOT] == [0, 0, 0]
    rows = list(csv.DictReader(io.StringIO(files["contacts"].decode("utf-8-sig"))))
    winners = {
        loser: row["id"] for row in rows for loser in filter(None, row["property_hs_merged_object_ids"].split(";"))
    }
    assert winners
    source = CrmSource.objects.get()
    for loser in winners:
        end = loser
        while end in winners:
            end = winners[end]
        assert list(Contact.objects.known_as(source, [loser])) == list(Contact.objects.known_as(source, [end]))
        assert Contact.objects.known_as(source, [end]).exists()
        read = api.get(f"/api/v1/contacts/by-external-id/{loser}").json()
        assert (read["requested_external_id"], read["merged"]) == (loser, True)
