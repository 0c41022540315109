"""`python -m benchmarks [--item NAME] [--scale 0.1|1|10]`, or the same by ITEM and SCALE in the environment."""

from __future__ import annotations

import argparse
import os
import sys

from benchmarks.server import start_server


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--item", default=os.environ.get("ITEM", ""), help="one item instead of all")
    parser.add_argument("--scale", type=float, default=float(os.environ.get("SCALE") or 1), help="multiplies the rows")
    chosen = parser.parse_args()
    with start_server() as server:
        from benchmarks.run import run_items  # noqa: PLC0415 - models load only when the server's address is set

        return run_items(server, scale=chosen.scale, wanted=chosen.item)


if __name__ == "__main__":
    sys.exit(main())
