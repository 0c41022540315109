from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Inside, because models must be loaded first; listeners register by being imported.
        from allauth.mfa.models import Authenticator  # noqa: PLC0415 - see above

        from accounts import checks, feed, invariants, owners, receivers  # noqa: F401, PLC0415 - see above
        from accounts.sync.keys import declare_keys  # noqa: PLC0415 - see above
        from clg.closed import ClosedColumn, register_closed  # noqa: PLC0415 - see above

        register_closed(ClosedColumn(Authenticator, "data", keys=("secret", "seed")))
        invariants.register_invariants()
        feed.register_feed()
        owners.register_all()
        declare_keys()
        post_migrate.connect(load_presets, sender=self)


def load_presets(**kwargs: Any) -> None:
    """The presets of a release come with its migrations."""
    from accounts.actions.import_job import load_shipped_presets  # noqa: PLC0415 - models must be loaded first

    if "accounts_importpreset" in connection.introspection.table_names():  # a migration back has taken it away
        load_shipped_presets()
