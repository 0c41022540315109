"""Production: nothing has a default that would be a secret; one message names all that is missing or weak.

The values themselves are never printed. `security` section 11.1.
"""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

from clg.settings.base import *  # noqa: F403 - a settings module adds to the one below it
from clg.settings.base import database, env
from clg.settings.demands import problems_in

_problems = problems_in(env.ENVIRON)
if _problems:
    sys.exit("Production refuses to start:\n" + "\n".join(f"- {problem}" for problem in _problems))

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
TOKEN_PEPPERS = env.list("TOKEN_PEPPERS")
FIELD_KEYS = env.list("FIELD_KEYS")
PUBLIC_URL = env.str("PUBLIC_URL").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT")
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
DATABASES = {"default": database()}
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL")
ERASURE_LOG_PATH = env.path("ERASURE_LOG_PATH")
vars().update(env.email_url("EMAIL_URL"))
# Many servers take mail only from a sender they know.
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default=f"no-reply@{urlsplit(PUBLIC_URL).hostname}")

# --- Browsers speak TLS to us, through the proxy that ends it ---------------------------------------------------
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
# The health checks of a load balancer come without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
