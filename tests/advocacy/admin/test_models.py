"""Models: a new version by form with its preview, wrong rules told beside their field, activate, retire, default."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from advocacy.actions.attribution import attribute_changes
from advocacy.actions.model import activate_model, define_model_version
from advocacy.errors import NoVersion
from advocacy.models import AttributionModel, AttributionModelVersion, AttributionRun
from tests.advocacy.attribution.tenant import AT, deal, meet, now

pytestmark = pytest.mark.django_db

RULE = {
    "family": "positions",
    "preset": "u",
    "anchor": "closed",
    "window_days": "90",
    "dedupe": "collapse",
    "rungs": ["1", "2"],
    "sides": ["peer", "family"],
    "opportunity_kinds": ["new_business"],
    "note": "Shorter window",
}
OWN = {"preset": "", "weights": "", "middle": ""}


def model(key="influenced-u"):
    return AttributionModel.objects.get(key=key)


def version_address(row):
    return reverse("admin:advocacy_attributionmodel_version", args=[row.pk])


def act_address(row, name):
    return reverse("admin:advocacy_attributionmodel_act", args=[row.pk, name])


def page_of(client, row):
    return client.get(reverse("admin:advocacy_attributionmodel_change", args=[row.pk])).content.decode()


@pytest.fixture
def maya(client, marketer):
    client.force_login(marketer)
    return marketer


@pytest.fixture
def deals():
    """Four touched deals; three of them are enough for a preview."""
    rows = [deal(kind="new_business") for _ in range(4)]
    for row in rows:
        for day in (1, 2, 3):
            meet(day, opportunity=row)
    attribute_changes(at=now())
    return rows


def test_version_is_stored_and_not_in_use(client, maya):
    answer = client.post(version_address(model()), {**RULE, "store": "1"})

    assert answer.status_code == 302
    version = AttributionModelVersion.objects.get(model=model(), number=2)
    assert (version.window_days, version.rungs, version.parameters) == (90, [1, 2], {"preset": "u"})
    assert (version.created_by, version.note, version.activity_kinds) == (maya, "Shorter window", None)
    assert model().current_version.number == 1
    assert not AttributionRun.objects.exists()


def test_own_weights_and_other_families_are_read_from_their_fields(client, maya):
    own = {**RULE, **OWN, "weights": "first 0.4\nstage:demo = 0.4", "middle": "0.2", "store": "1"}
    decay = {**RULE, "family": "time_decay", "half_life_hours": "48", "store": "1"}
    other = {**RULE, "family": "last_non", "exclude": ["logo"], "store": "1"}

    for answers in (own, decay, other):
        client.post(version_address(model()), answers)

    stored = AttributionModelVersion.objects.filter(model=model(), number__gt=1).order_by("number")
    assert [version.parameters for version in stored] == [
        {"weights": {"first": "0.4", "stage:demo": "0.4"}, "middle": "0.2"},
        {"half_life_hours": 48},
        {"exclude": ["logo"]},
    ]


@pytest.mark.parametrize(
    ("wrong", "label", "sentence"),
    [
        ({**OWN, "weights": "first 0.5", "middle": "0.4"}, "Own weights", "Weights and middle sum to 0.9, not to 1."),
        ({**OWN, "weights": "nowhere 1"}, "Own weights", "Unknown position nowhere"),
        ({**OWN, "weights": "first -0.5\nlast 1.5"}, "Own weights", "A weight is not negative: -0.5."),
        ({**OWN, "weights": "first 0.1234567\nlast 0.8765433"}, "Own weights", "at most 6 digits"),
        ({**OWN, "weights": "first"}, "Own weights", "is not a decimal number."),
        ({"window_days": "0"}, "Window", "The window is 1 to 730 days, not 0."),
        ({"window_days": "731"}, "Window", "The window is 1 to 730 days, not 731."),
        ({"window_days": ""}, "Window", "This field is required."),
        ({"family": "time_decay", "half_life_hours": "0"}, "Half-life", "The half-life is 1 to 17520 whole hours"),
        ({"rungs": []}, "Matches admitted", "At least one of"),
        ({"sides": []}, "Whose advocacy", "At least one of"),
        ({"anchor": "sometime"}, "Touches count up to", "The anchor is opened, closed or stage:code"),
        ({"family": "magic"}, "Family", "Select a valid choice."),
    ],
)
def test_wrong_rule_is_told_beside_its_field_and_not_stored(client, maya, wrong, label, sentence):
    answer = client.post(version_address(model()), {**RULE, **wrong, "store": "1"})

    page = answer.content.decode()
    listed = page[page.index("This is no rule yet") :]
    assert answer.status_code == 200
    assert label in listed
    assert sentence in page
    assert AttributionModelVersion.objects.filter(model=model()).count() == 1


def test_form_opens_with_the_rule_in_use_and_shows_three_deals(client, maya, deals):
    page = client.get(version_address(model())).content.decode()

    assert page.count("Divided as before") == 3
    assert 'name="window_days" value="180"' in page
    assert "v2, new" in page
    assert "v1, in use" in page


def test_preview_says_what_moves_and_stores_nothing(client, maya, deals):
    page = client.post(version_address(model()), {**RULE, "preset": "last"}).content.decode()

    assert page.count("Touch 3 goes from 40 % to 100 %") == 3
    assert AttributionModelVersion.objects.filter(model=model()).count() == 1


def test_stage_that_no_deal_had_is_a_warning_and_no_refusal(client, maya, deals):
    answers = {**RULE, "anchor": "stage:lunch"}

    page = client.post(version_address(model()), answers).content.decode()
    stored = client.post(version_address(model()), {**answers, "store": "1"})

    assert "stage_never_seen: no deal has ever entered the stage “lunch”." in page
    assert stored.status_code == 302


def test_preview_without_deals_says_what_is_missing(client, maya):
    assert "No deal to show it on" in client.get(version_address(model())).content.decode()


def test_model_that_never_ran_has_a_preview_too(client, maya, deals):
    page = client.get(version_address(model("influenced-j"))).content.decode()

    assert page.count("Divided as before") == 3


def test_preview_asks_as_often_for_many_touches(client, maya, deals):
    client.get(version_address(model()))
    with CaptureQueriesContext(connection) as few:
        client.get(version_address(model()))
    for number in range(30):
        meet(number, opportunity=deals[0])
    with CaptureQueriesContext(connection) as many:
        client.get(version_address(model()))

    assert len(many) == len(few)


@pytest.mark.parametrize("role", ["leader", "auditor", "administrator", "seller"])
def test_who_only_reads_defines_and_activates_nothing(client, role, request):
    client.force_login(request.getfixturevalue(role))

    answers = [
        client.post(version_address(model()), {**RULE, "store": "1"}),
        client.post(act_address(model(), "retire")),
        client.post(act_address(model(), "make-default")),
        client.post(act_address(model("influenced-j"), "activate"), {"version": "1"}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert "Attribution is run by customer marketers." in answers[0].content.decode()
    assert "New version" not in page_of(client, model())
    assert AttributionModelVersion.objects.filter(model=model()).count() == 1
    assert not AttributionRun.objects.exists()


def test_newest_version_is_suggested_and_activated_once(client, maya):
    version = define_model_version(model=model(), window_days=30, note="Tighter", at=AT)
    assert "Tighter" in client.get(act_address(model(), "activate")).content.decode()

    client.post(act_address(model(), "activate"), {"version": version.pk})
    again = client.post(act_address(model(), "activate"), {"version": version.pk})

    assert model().current_version == version
    assert again.status_code == 302
    assert AttributionRun.objects.get().requested_by == f"user:{maya.pk}"


def test_version_of_another_model_is_refused(client, maya):
    other = model("influenced-last").current_version

    page = client.post(act_address(model("influenced-j"), "activate"), {"version": other.pk}).content.decode()

    assert "Select a valid choice." in page
    with pytest.raises(NoVersion):
        activate_model(model=model("influenced-j"), version=other, at=AT)
    assert not model("influenced-j").is_active


def test_default_is_not_retired_before_another_is_chosen(client, maya):
    linear = model("influenced-linear")

    page = client.post(act_address(linear, "retire")).content.decode()
    assert "choose another default first" in page
    assert model("influenced-linear").is_active

    client.post(act_address(model("influenced-u"), "make-default"))
    client.post(act_address(linear, "retire"))

    assert not model("influenced-linear").is_active
    assert model("influenced-u").is_default


def test_only_an_active_model_becomes_the_default(client, maya):
    page = client.post(act_address(model("influenced-j"), "make-default")).content.decode()

    assert "Only an active model can be the default; activate it first." in page
    assert model("influenced-linear").is_default


def test_page_tells_every_version_who_made_it_and_why(client, maya):
    define_model_version(model=model(), window_days=30, note="Tighter", by=maya, at=AT)

    page = page_of(client, model())

    assert "Tighter" in page
    assert f", {maya}" in page
    assert page.count("In use") == 1
