from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ClgConfig(AppConfig):
    name = "clg"
    default = True
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Whoever queues a task (web, commands) must know our broker; without this Celery would use a default one.
        # Listeners register once the registry is complete.
        from clg import audit, audit_trail, celery, checks, closed, privacy, receivers  # noqa: F401, PLC0415 - need the registry
        from clg.events import invariants as of_events  # noqa: PLC0415 - see above
        from clg.events import webhooks  # noqa: PLC0415 - see above
        from clg.models import IdempotencyKey  # noqa: PLC0415 - see above

        audit.mend_context()
        closed.register_closed(closed.ClosedColumn(IdempotencyKey, "body"))
        closed.register_invariants()
        of_events.register_invariants()
        audit_trail.register_invariants()
        webhooks.register_all()


class ProductAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site: only screens of ours, one login."""

    default = False
    default_site = "clg.admin.site.ProductSite"
