"""The web process's entry: `granian --interface wsgi clg.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from clg.startup import hold_services

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clg.settings.local")

hold_services()
application = get_wsgi_application()
