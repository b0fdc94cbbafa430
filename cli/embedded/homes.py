"""Where the embedded servers keep their files, and as whom they run."""

import json
import os
import pwd
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from cli.embedded.processes import Account, CannotRun

# Used only by root whose data folder lies where an unprivileged user cannot reach,
# such as /root. Opening that up for the server would show it to everybody.
SHARED_PLACES = (Path("/var/lib/yixiang"), Path("/var/tmp/yixiang"))  # noqa: S108 - made below, owned by root


class NoHome(CannotRun):
    """The servers cannot be given a place to live; the message says why."""


@dataclass(frozen=True, slots=True)
class Home:
    """A folder that the servers can reach, and the account they run as (None: our own)."""

    folder: Path
    account: Account | None

    def make(self, name: str) -> Path:
        """Make a folder in it that belongs to the servers' account."""
        path = self.folder / name
        if not path.exists():
            path.mkdir(mode=0o700)
            if self.account:
                os.chown(path, self.account.uid, self.account.gid)
        return path


def is_traversable(path: Path) -> bool:
    """Whether any user can reach the path: each folder on the way lets others pass."""
    resolved = path.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (resolved, *resolved.parents))


def make_data_folder(data: Path) -> None:
    """Make the folder that all is kept in; for others it is closed, or, as root, a way through."""
    if not data.exists():
        data.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True)


def find_home(data: Path) -> Home:
    """Return where the servers of this data folder live, making it when it is new.

    PostgreSQL refuses to run as root, so as root the servers become `nobody`. Their
    files stay inside the data folder when `nobody` can get there.
    """
    data = data.resolve()
    make_data_folder(data)
    if os.geteuid() != 0:
        home = data / "servers"
        home.mkdir(mode=0o700, exist_ok=True)
        return Home(home, None)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise NoHome(
            "as root the database runs as the user `nobody`, and there is none; "
            "start as an ordinary user, or set YIXIANG_DATABASE_URL"
        ) from None
    account = Account(nobody.pw_uid, nobody.pw_gid)
    if is_traversable(data):
        home = data / "servers"
        home.mkdir(mode=0o711, exist_ok=True)
        return Home(home, account)
    return Home(_find_shared_home(data), account)


def _find_shared_home(data: Path) -> Path:
    pointer = data / "servers.json"
    if pointer.exists():
        noted = Path(json.loads(pointer.read_text(encoding="utf-8"))["folder"])
        if noted.is_dir():
            return noted
    for place in SHARED_PLACES:
        try:
            place.mkdir(mode=0o711, parents=True, exist_ok=True)
        except OSError:
            continue
        if place.stat().st_uid != 0 or place.is_symlink() or not is_traversable(place):
            continue
        _forget_former_homes(place, data)
        home = place / secrets.token_hex(4)
        home.mkdir(mode=0o711)
        (home / "owner.json").write_text(json.dumps({"data": str(data)}), encoding="utf-8")
        pointer.write_text(json.dumps({"folder": str(home)}), encoding="utf-8")
        return home
    raise NoHome(
        f"{data} cannot be reached by the user `nobody`, and no folder in /var can be made; "
        "give another one with --data"
    )


def _forget_former_homes(place: Path, data: Path) -> None:
    """Remove what an earlier data folder at this path left behind when it was deleted."""
    for owner in place.glob("*/owner.json"):
        if json.loads(owner.read_text(encoding="utf-8")).get("data") == str(data):
            shutil.rmtree(owner.parent)
