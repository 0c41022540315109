"""Locks requirements: `python requirements/compile.py IN OUT`, with the hash of every file and no address."""

import subprocess
import sys
from pathlib import Path

from uv_settings import uv_environment


def main(source: Path, target: Path) -> int:
    python = Path(sys.executable)
    command: list[str | Path] = [
        python.with_name("uv"), "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes",
        "--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "make requirements",
        "--quiet", "--output-file", target, source,
    ]  # fmt: skip
    return subprocess.run(command, env=uv_environment(python), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
