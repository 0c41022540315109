#!/usr/bin/env python
"""Django's command line, run with the embedded services when no URL names others."""

import os
import sys

from django.core.management import execute_from_command_line

from clg.embedded import EmbeddedError
from clg.startup import hold_services


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clg.settings.local")
    try:
        hold_services()
    except EmbeddedError as error:
        sys.exit(f"The embedded services did not start: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
