"""Settings that hold everywhere. Only this package reads the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ

from clg.logs import logging_config
from clg.schedule import BEAT_SCHEDULE
from clg.settings.unfold import UNFOLD as UNFOLD

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

# --- What this installation is -------------------------------------------------------------------------------
CLG_NAME = env.str("CLG_NAME", default="CLG")
# Reporting currency and the zone in which quarters begin.
CLG_CURRENCY = env.str("CLG_CURRENCY", default="USD")
CLG_TIME_ZONE = env.str("CLG_TIME_ZONE", default="UTC")
# What sales may see: deals and accounts of their own, of their team, or all of them.
SALES_SEES = env.str("SALES_SEES", default="team")
CLG_FAILPOINTS = env.str("CLG_FAILPOINTS", default="")
# Webhooks to http://127.0.0.1: for tests and the demo, never in production.
CLG_ALLOW_LOOPBACK_TARGETS = env.bool("CLG_ALLOW_LOOPBACK_TARGETS", default=False)
# The proxy that outgoing calls take; nothing else of the environment reaches the HTTP client.
CLG_EGRESS_PROXY = env.str("CLG_EGRESS_PROXY", default="")
# Domains of mail providers: a shared mailbox provider says nothing about the company.
_FREE_MAIL_DOMAINS = """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com
    me.com mac.com aol.com gmx.com gmx.de gmx.net web.de mail.com proton.me protonmail.com zoho.com
    yandex.com yandex.ru mail.ru qq.com 163.com 126.com naver.com orange.fr free.fr laposte.net
    t-online.de libero.it
"""
FREE_MAIL_DOMAINS = frozenset(_FREE_MAIL_DOMAINS.split())

# --- Applications --------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    # Floors, top first: templates of an upper floor win.
    "growth",
    "referrals",
    "advocacy",
    "accounts",
    "clg",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "clg.apps.ProductAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "oauth2_provider",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "pghistory",
    "django_htmx",
]

MIDDLEWARE = [
    "clg.middleware.RequestIdMiddleware",
    "clg.middleware.BrowserRulesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "clg.middleware.AuditContextMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.login.SessionAgeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "clg.middleware.SessionActorMiddleware",
    "accounts.login.SecondFactorMiddleware",
    "clg.pages.RefusalMiddleware",
]

ROOT_URLCONF = "clg.urls"
WSGI_APPLICATION = "clg.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database ------------------------------------------------------------------------------------------------
# Django's own statement about transactions stands: actions open them, requests do not.
DATABASE_OPTIONS = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}


def database(**default: str) -> dict[str, Any]:
    """Return Django's entry for DATABASE_URL; raise ImproperlyConfigured when it is unset without default."""
    parsed = env.db_url("DATABASE_URL", **default)
    # libpq writes a socket's folder as a percent-encoded host, which django-environ leaves encoded.
    return {**parsed, "HOST": unquote(parsed["HOST"]), **DATABASE_OPTIONS}


# --- People --------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
# The address is unique without regard to case (a constraint on lower(email)), which auth.W004 does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.login.InvitedOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # addresses are those an administrator invited
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False  # no session outlives the browser, nor 8 idle hours, nor a day
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60  # a fresh login, before rights and secrets
ACCOUNT_FORMS = {"reset_password": "accounts.login_forms.LimitedReset"}
PASSWORD_RESET_TIMEOUT = 3600
MFA_REQUIRED_ROLES = env.list(
    "MFA_REQUIRED_ROLES", default=["administrator", "marketer", "legal", "finance", "revops", "auditor"]
)
MFA_ADAPTER = "accounts.login.SealedFactors"
MFA_FORMS = {
    "authenticate": "accounts.login_forms.LimitedCode",
    "reauthenticate": "accounts.login_forms.LimitedFreshCode",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True

# --- Languages, time, files ----------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "clg.formats"  # days as people here write them, not 11/22/2026
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "media"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
CSRF_FAILURE_VIEW = "clg.pages.csrf_failed"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# --- API -----------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.ClientAuthentication",
        "accounts.api.authentication.PersonAuthentication",
    ],
    # Nobody passes by default: each view names who may read or write it.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["clg.api.renderers.FastJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["clg.api.parsers.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "clg.api.negotiation.JsonOnly",
    "DEFAULT_SCHEMA_CLASS": "clg.api.schema.Schema",
    "EXCEPTION_HANDLER": "clg.api.problems.problem_handler",
    "DEFAULT_METADATA_CLASS": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "DEFAULT_PAGINATION_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
# Reads and writes a minute with the size of the burst, per client or user; token requests per client id.
API_RATES = {"read": (600, 100), "write": (300, 60), "token": (30, 30)}
SPECTACULAR_SETTINGS = {
    "TITLE": "CLG API",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Customer advocacy and referrals: push CRM data, pull attribution.",
    "LICENSE": {"name": "Apache-2.0"},
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "OAS_VERSION": "3.1.0",
    "AUTHENTICATION_WHITELIST": ["accounts.api.authentication.ClientAuthentication"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["clg.api.schema.finish"],
}
OAUTH2_PROVIDER_APPLICATION_MODEL = "accounts.ApiClient"
OAUTH2_PROVIDER = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "PKCE_REQUIRED": True,
    "SCOPES_BACKEND_CLASS": "accounts.api.authentication.ClientScopes",
    # RFC 9700: hashed tokens, none in query strings, no implicit or password grant.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}

# --- Audit ---------------------------------------------------------------------------------------------------
# History tables refuse change by a guard of ours (`clg.history`), which also knows TRUNCATE.
PGHISTORY_APPEND_ONLY = False
PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE = True

# --- Work in the background ----------------------------------------------------------------------------------
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 15 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 14 * 60
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
CELERY_TASK_DEFAULT_QUEUE = "clg"
# Calls to outside wait for others; a queue of their own lets production give them workers of their own.
CELERY_TASK_ROUTES = {"clg.deliver_webhooks": {"queue": "webhooks"}}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(BASE_DIR / ".services" / "celerybeat-schedule")

# --- Logs: one JSON object a line, keys from an allow-list ----------------------------------------------------
LOGGING = logging_config(env.str("LOG_LEVEL", default="INFO"))
