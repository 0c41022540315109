"""Uses the services of one folder (PROJECT FOLDER [durable]), says "ready" and lives until its input ends."""

import sys

sys.path.insert(0, sys.argv[1])

from clg.embedded import EmbeddedError, acquire  # noqa: E402  found in the project named above

try:
    lease = acquire(sys.argv[2], durable=sys.argv[3:] == ["durable"])
except EmbeddedError as error:
    sys.exit(f"refused: {error}")
sys.stdout.write("ready\n")
sys.stdout.flush()
sys.stdin.read()
