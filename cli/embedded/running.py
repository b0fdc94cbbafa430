"""Lets other commands find the servers of a demo that is running."""

import fcntl
import json
import os
from pathlib import Path

from cli.embedded.accounts import write_atomically
from cli.embedded.programs import default_data_folder

NOTE = Path("secrets") / "environment.json"


def note_environment(data: Path) -> None:
    """Leave for other commands what the demo's own processes are told."""
    told = {name: value for name, value in os.environ.items() if name.startswith("YIXIANG_")}
    write_atomically(data / NOTE, json.dumps(told, indent=1))


def join_running_demo(data: Path | None = None) -> Path | None:
    """Take over a running demo's settings, unless this process was told where its database is."""
    if os.environ.get("YIXIANG_DATABASE_URL"):
        return None
    folder = (data or default_data_folder()).expanduser().resolve()
    if not is_held(folder / "lock") or not (folder / NOTE).exists():
        return None
    noted: dict[str, str] = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    for name, value in noted.items():
        os.environ.setdefault(name, value)
    return folder


def is_held(lock: Path) -> bool:
    """Whether some process holds the lock of a data folder now."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
