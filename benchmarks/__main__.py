"""`python -m benchmarks`: all items, or the one named by ITEM; SCALE multiplies the rows."""

from __future__ import annotations

import os
import sys

from benchmarks.server import start_server


def main() -> int:
    scale, wanted = float(os.environ.get("SCALE", "1")), os.environ.get("ITEM", "")
    with start_server() as server:
        from benchmarks.run import run_items  # noqa: PLC0415 - models load only when the server's address is set

        return run_items(server, scale=scale, wanted=wanted)


if __name__ == "__main__":
    sys.exit(main())
