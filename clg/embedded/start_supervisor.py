"""Starts the supervisor detached; run as a file by `lease`: `python -I start_supervisor.py FOLDER`.

Returns once the supervisor holds its lock, so a live lock means a live supervisor. The package is loaded under
a name of its own: importing `clg` here would load the application, which would ask for the services again.
"""

import fcntl
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType


def main(folder: str) -> int:
    package = _load_package()
    lock = os.open(Path(folder) / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 0  # the last one is still ending; the starter looks again
    if os.fork():
        return 0  # the lock lives on in the child
    os.setsid()
    os.chdir("/")  # the project can be moved or unmounted
    package.run_supervisor(folder)
    return 0


def _load_package() -> ModuleType:
    here = Path(__file__).parent
    spec = importlib.util.spec_from_file_location(
        "clg_embedded", here / "__init__.py", submodule_search_locations=[str(here)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{here} is not a package")
    package = importlib.util.module_from_spec(spec)
    sys.modules["clg_embedded"] = package
    spec.loader.exec_module(package)
    return importlib.import_module("clg_embedded.supervisor")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
