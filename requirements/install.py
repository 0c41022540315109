"""Makes the environment: `python requirements/install.py .venv`. Standard library only.

pip brings uv, uv brings everything else; both check the hashes in requirements/*.txt.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from uv_settings import uv_environment

HERE = Path(__file__).parent


def main(folder: Path) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  whoever names another PYTHON may name an old one
        sys.exit(f"CLG needs Python 3.11 or later; this is {sys.version.split()[0]}.")
    python = folder / "bin" / "python"
    if not _works(python):
        _create(folder)
    _run(python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", HERE / "tools.txt")
    _run(
        folder / "bin" / "uv", "pip", "sync", "--python", python, "--require-hashes", HERE / "dev.txt",
        env=uv_environment(python),
    )  # fmt: skip
    (folder / ".installed").touch()
    _say("The environment is ready.")


def _works(python: Path) -> bool:
    """Tell whether the environment is there and its interpreter, which may have been upgraded away, runs."""
    if not python.exists():
        return False
    return subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def _create(folder: Path) -> None:
    _say(f"Making the environment in {folder} with Python {sys.version.split()[0]} ...")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        venv.create(folder, with_pip=True)
    except (subprocess.CalledProcessError, ImportError):
        sys.exit(
            "This Python cannot make an environment with pip in it. On Debian and Ubuntu install the package "
            "python3-venv, or name another Python: make PYTHON=/path/to/python setup"
        )


def _run(*command: object, env: dict[str, str] | None = None) -> None:
    done = subprocess.run([str(part) for part in command], env=env or os.environ, check=False)
    if done.returncode != 0:
        sys.exit(f"The environment is not complete: {Path(str(command[0])).name} failed, see above.")


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()  # pip and uv write to the same terminal


if __name__ == "__main__":
    main(Path(sys.argv[1]))
