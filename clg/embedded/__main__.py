"""`python -m clg.embedded wipe FOLDER`: remove the embedded services of a folder with their data."""

import sys

from .errors import EmbeddedError
from .places import Places
from .wipe import wipe


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] != "wipe":
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        found = wipe(Places.of(arguments[1]))
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("Removed.\n" if found else "There was nothing to remove.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
