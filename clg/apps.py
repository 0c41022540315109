from django.apps import AppConfig


class ClgConfig(AppConfig):
    name = "clg"
    default_auto_field = "django.db.models.BigAutoField"
