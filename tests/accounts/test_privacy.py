"""Every field of the floors with people is declared, and what is declared a secret leaves no trace."""

from __future__ import annotations

import pytest
from django.apps import apps

from accounts import privacy
from accounts.models import Contact, User
from accounts.models.staging import StagedItem
from clg.fieldpolicy import FieldClass, UndeclaredField, fields_in, policy_of, undeclared

# History repeats its model and staging lives for one transaction; neither has fields of its own.
MODELS = [
    model
    for app in ("accounts", "advocacy")
    for model in apps.get_app_config(app).get_models()
    if not hasattr(model, "pgh_tracked_model") and not issubclass(model, StagedItem)
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_declared(model):
    assert undeclared(model) == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_history_holds_a_secret(model):
    history = getattr(model, "pgh_event_model", None)
    kept = {field.name for field in history._meta.fields} if history else set()

    assert kept.isdisjoint(fields_in(model, FieldClass.SECRET))


def test_fields_of_a_person_are_known_by_class():
    assert fields_in(Contact, FieldClass.CONTACT_DETAILS) == ("email", "phone")
    assert fields_in(Contact, FieldClass.IDENTITY) == ("first_name", "last_name", "title")
    assert policy_of(User, "password") == privacy.SECRET
    with pytest.raises(UndeclaredField):
        policy_of(Contact, "shoe_size")
