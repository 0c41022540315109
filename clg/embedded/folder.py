"""Making the folders of the services without touching the permissions of any folder that was there."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

from .account import Account
from .errors import EmbeddedError
from .places import Places

# Where root keeps data whose service user cannot enter the project's folder.
OUTSIDE = Path("/var/lib/clg-embedded")


def make_service_folder(places: Places) -> None:
    """Create the folder and its missing parents; the services' user must be able to pass through ours."""
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        for parent in [*reversed(places.folder.parents), places.folder]:
            _make(parent, mode)
        _make(places.logs, 0o700)
    except OSError as error:
        raise EmbeddedError(
            f"Cannot create {places.folder}: {error.strerror}. Use a folder you may write to, "
            "or set DATABASE_URL and CELERY_BROKER_URL."
        ) from error


def make_sockets(places: Places, account: Account) -> None:
    """Create the short folder of the sockets; refuse one that somebody else has put there."""
    mode = 0o711 if account.is_other else 0o700
    _make(places.socket_root, mode)
    _make(places.sockets, 0o700, owner=account)
    for path, owner in ((places.socket_root, os.geteuid()), (places.sockets, account.uid)):
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o022:
            raise EmbeddedError(f"{path} is not the private folder it should be; look who made it, remove it.")


def make_data(places: Places, account: Account) -> Path:
    """Return the folder of the data, which `account` can enter, inside the project when that is possible."""
    if not places.data.is_symlink() and not places.data.exists():
        if account.is_other and not account.can_enter(places.folder):
            places.data.symlink_to(_make_outside(places))
        else:
            _make(places.data, 0o711 if account.is_other else 0o700)
    data = Path(os.path.realpath(places.data))
    if not data.is_dir():
        raise EmbeddedError(f"{places.data} points to {data}, which is gone; remove the link to start afresh.")
    if account.is_other and not account.can_enter(data):
        raise EmbeddedError(
            f"The user {account.name} cannot enter {data} any more; move the project back, "
            f"or remove {places.data} to start with empty data."
        )
    return data


def remove_data(places: Places) -> None:
    """Remove the data for good, wherever it lies."""
    target = Path(os.path.realpath(places.data))
    if places.data.is_symlink():
        places.data.unlink()
    shutil.rmtree(target, ignore_errors=not target.exists())


def _make_outside(places: Places) -> Path:
    _make(OUTSIDE, 0o711)
    found = OUTSIDE.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise EmbeddedError(f"{OUTSIDE} must be a folder of root that nobody else may write to.")
    # Data of a project that was deleted from this very path: its link is gone, so nothing leads to it.
    for orphan in OUTSIDE.glob(f"{places.digest}-*"):
        shutil.rmtree(orphan)
    outside = Path(tempfile.mkdtemp(prefix=f"{places.digest}-", dir=OUTSIDE))
    outside.chmod(0o711)
    return outside


def _make(path: Path, mode: int, owner: Account | None = None) -> None:
    """Create one folder with exactly this mode; leave a folder that exists as it is."""
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        return
    path.chmod(mode)  # the umask may have taken bits away
    if owner is not None and owner.is_other:
        os.chown(path, owner.uid, owner.gid)
