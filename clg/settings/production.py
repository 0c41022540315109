"""Production: nothing has a default that would be a secret; a missing or weak value stops the start."""

from __future__ import annotations

from clg.settings.base import *  # noqa: F403 - a settings module adds to the one below it
from clg.settings.base import database, env

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
TOKEN_PEPPERS = env.list("TOKEN_PEPPERS")
FIELD_KEYS = env.list("FIELD_KEYS")
PUBLIC_URL = env.str("PUBLIC_URL")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT")
DATABASES = {"default": database()}
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL")
