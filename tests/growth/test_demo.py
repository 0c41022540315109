"""The demo's command before it has anything to show."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder

from clg.health import has_foreign_migrations

pytestmark = pytest.mark.django_db


def test_a_database_of_another_version_is_met_with_advice():
    assert not has_foreign_migrations()
    MigrationRecorder.Migration.objects.create(app="advocacy", name="0099_of_another_version")
    with pytest.raises(CommandError, match="another version of CLG.*make demo-reset"):
        call_command("demo")


def test_steps_that_a_package_has_dropped_are_no_matter():
    MigrationRecorder.Migration.objects.create(app="oauth2_provider", name="0099_squashed_since")
    assert not has_foreign_migrations()
