"""What may never be stored: states that no choice names, whatever wrote the row."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from advocacy.models import Champion, Readiness
from tests.clg.admin.rows import champion

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("model", "field"), [(Champion, "source"), (Champion, "reach_via"), (Champion, "channel"), (Readiness, "band")]
)
def test_unknown_word_is_refused_by_the_database(model, field):
    champion(0)

    with pytest.raises(IntegrityError, match=f"{field}_known"), transaction.atomic():
        model.objects.update(**{field: "other"})

    assert not model.objects.filter(**{field: "other"}).exists()
