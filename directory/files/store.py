"""Where sealed content is kept: a folder outside the web root, or whatever else can keep bytes."""

import os
import re
import secrets
from pathlib import Path
from typing import Protocol

KEY = re.compile(r"[0-9a-f]{64}")


class Store(Protocol):
    """Keeps bytes under a key of its own making."""

    def put(self, content: bytes) -> str: ...

    def get(self, key: str) -> bytes: ...

    def remove(self, key: str) -> None: ...


class FolderStore:
    """Keeps each file under a random name in a folder that only this account may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        key = secrets.token_hex(32)
        path = self._path(key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Whole or not there at all: a name appears only once its content is on disk.
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
        return key

    def get(self, key: str) -> bytes:
        return self._path(key).read_bytes()

    def remove(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise ValueError("this is no key of ours")
        return self._folder / key[:2] / key[2:]
