"""The test suite: its own embedded server without durability, fast hashing, mail kept in memory."""

from __future__ import annotations

import os

os.environ.setdefault("CLG_SERVICES", "test")

from clg.settings.local import *  # noqa: E402,F403 - CLG_SERVICES must be set before local reads it

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = False
CLG_ALLOW_LOOPBACK_TARGETS = True
MEDIA_ROOT = SERVICES_DIR / "media"  # noqa: F405 - of local
