"""uv does not read pip's configuration; a machine that gets its packages by a mirror has only that.

What pip is configured with is handed to uv, unless uv has settings of its own. No address is stored here.
"""

import os
import subprocess
from pathlib import Path

# pip's option: uv's variable.
VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "no-index": "UV_NO_INDEX",
    "cert": "SSL_CERT_FILE",
}
_UV_INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL")


def uv_environment(python: Path) -> dict[str, str]:
    """Return the environment to run uv in."""
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    if any(name in os.environ for name in _UV_INDEXES):
        return environment
    for option, value in _pip_options(python).items():
        if option in VARIABLES:
            environment.setdefault(VARIABLES[option], _as_uv_reads(option, value))
    # pip takes the best file of all indexes; the hashes say which files are the right ones.
    environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return environment


def _pip_options(python: Path) -> dict[str, str]:
    """Read pip's options: files first, then the environment, which wins."""
    listing = subprocess.run(
        [python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    options: dict[str, str] = {}
    for line in sorted(listing.splitlines(), key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        options[name.rpartition(".")[2]] = value.strip("'\"")
    return options


def _as_uv_reads(option: str, value: str) -> str:
    separator = "," if option == "find-links" else " "
    return separator.join(value.replace("\\n", " ").split())
