"""Where sealed content is kept: a folder outside the web root, or whatever else can keep bytes."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from directory.files.errors import StoreAway
from foundation.logs import get_log

log = get_log("files")

KEY = re.compile(r"[0-9a-f]{64}")


class ContentGone(Exception):
    """The store answers, and has nothing under this key."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One content in a store: its key, and since when it is there."""

    key: str
    since: datetime


class Store(Protocol):
    """Keeps bytes, each under a key that says nothing of them.

    Every verb raises `StoreAway` when the store does not do it now and may do it later.
    """

    @property
    def name(self) -> str:
        """What a person calls the place."""

    def put(self, key: str, content: bytes) -> None:
        """Keep the content; when this returns, it outlives a crash."""

    def get(self, key: str) -> bytes:
        """Return the content; raises ContentGone when there is none."""

    def remove(self, key: str) -> None:
        """Forget the content, if there is any."""

    def list_kept(self) -> Iterator[Kept]:
        """Go through everything there is."""


def new_key() -> str:
    return secrets.token_hex(32)


def path_of(key: str) -> str:
    """Return a key's place in any store, so that one can be copied to another as it stands."""
    if not KEY.fullmatch(key):
        raise ValueError("this is no key of ours")
    return f"{key[:2]}/{key[2:]}"


class FolderStore:
    """Keeps each file under a random name in a folder that only this account may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = f"the folder {folder}"

    def put(self, key: str, content: bytes) -> None:
        path = self._folder / path_of(key)
        with _sound_disk():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Whole or not there at all: a name appears only once its content is on disk.
            fresh = path.with_suffix(".new")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            fresh.replace(path)

    def get(self, key: str) -> bytes:
        path = self._folder / path_of(key)
        try:
            with _sound_disk():
                return path.read_bytes()
        except FileNotFoundError as error:
            raise ContentGone from error

    def remove(self, key: str) -> None:
        path = self._folder / path_of(key)
        with _sound_disk():
            for one in (path, path.with_suffix(".new")):
                one.unlink(missing_ok=True)

    def list_kept(self) -> Iterator[Kept]:
        for path in self._folder.glob("??/*"):
            # Also what a crash left half-written.
            key = f"{path.parent.name}{path.stem}"
            if KEY.fullmatch(key):
                yield Kept(key, datetime.fromtimestamp(path.stat().st_mtime, UTC))


@contextmanager
def _sound_disk() -> Iterator[None]:
    """Let a disk that is full, gone or shut to us be told from a file that is not there."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        log.exception("the folder of files fails")
        raise StoreAway from error
