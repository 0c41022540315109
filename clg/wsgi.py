"""The web process's entry: `granian --interface wsgi clg.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clg.settings.local")

application = get_wsgi_application()
