from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ClgConfig(AppConfig):
    name = "clg"
    default = True
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from clg import receivers  # noqa: F401, PLC0415 - listeners register once the registry is complete


class ProductAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site: only screens of ours, one login."""

    default = False
    default_site = "clg.admin.site.ProductSite"
