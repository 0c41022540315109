from django.apps import AppConfig


class ClgConfig(AppConfig):
    name = "clg"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from clg import receivers  # noqa: F401, PLC0415 - listeners register once the registry is complete
