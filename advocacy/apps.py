from django.apps import AppConfig


class AdvocacyConfig(AppConfig):
    name = "advocacy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from advocacy.attribution.invariants import (  # noqa: PLC0415 - models must be loaded first
            register_invariants,
        )

        register_invariants()
