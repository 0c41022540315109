"""Development and demo on one machine: the embedded services, http on loopback, passwords that are made up."""

from __future__ import annotations

from clg.embedded import broker_url, postgres_url
from clg.settings.base import *  # noqa: F403 - a settings module adds to the one below it
from clg.settings.base import BASE_DIR, database, env

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="local-only-key-that-production-refuses-to-start-with-0123456789")
TOKEN_PEPPERS = env.list("TOKEN_PEPPERS", default=["local-only-pepper-that-production-refuses-00"])
FIELD_KEYS = env.list("FIELD_KEYS", default=["bG9jYWwtb25seS1maWVsZC1rZXktMDEyMzQ1Njc4OTA="])
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"]
TRUSTED_PROXY_COUNT = 0

SERVICES_DIR = BASE_DIR / ".services" / env.str("CLG_SERVICES", default="demo")
# Whether the embedded server keeps what was committed through a crash of the machine.
SERVICES_DURABLE = env.str("CLG_SERVICES", default="demo") != "test"
DATABASES = {"default": database(default=postgres_url(SERVICES_DIR, "clg"))}
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=broker_url(SERVICES_DIR))

# The demo's webhooks may go to this machine; whoever serves data of their own says so themselves.
CLG_ALLOW_LOOPBACK_TARGETS = env.bool(
    "CLG_ALLOW_LOOPBACK_TARGETS", default=env.str("CLG_SERVICES", default="") == "demo"
)

MFA_REQUIRED_ROLES = []
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = SERVICES_DIR / "mail"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
