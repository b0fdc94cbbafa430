"""What a device keeps in its own flash memory: counters, unsent events, commands it obeyed."""

from pathlib import Path
from typing import TypeVar

import msgspec


class Memory(msgspec.Struct):
    """What changes all the time, and is small."""

    run_ms: int = 0
    cycles: int = 0
    energy_mj: int = 0
    boots: int = 0


class StoredEvent(msgspec.Struct):
    boot: str
    seq: int
    kind: str
    payload: bytes


class StoredAlarm(msgspec.Struct):
    severity: str
    value: float
    limit: float


class Journal(msgspec.Struct):
    """What changes now and then, and may be long."""

    events: list[StoredEvent] = []
    obeyed: dict[str, bytes] = {}
    alarms: dict[str, StoredAlarm] = {}


class BadMemory(Exception):
    """A state file that cannot be read. Nothing is guessed: a counter set back is money."""


Kept = TypeVar("Kept", Memory, Journal)


class Flash:
    """One device's memory, in two files; in none at all if there is no folder."""

    def __init__(self, folder: Path | None, name: str) -> None:
        self._memory_path = folder / f"{name}.json" if folder else None
        self._journal_path = folder / f"{name}.journal.json" if folder else None
        self._written: dict[Path, bytes] = {}
        self.memory = _read(self._memory_path, Memory)
        self.journal = _read(self._journal_path, Journal)

    def write(self) -> None:
        """Write the counters, if they changed."""
        if self._memory_path:
            self._write(self._memory_path, msgspec.json.encode(self.memory))

    def write_journal(self) -> None:
        if self._journal_path:
            self._write(self._journal_path, msgspec.json.encode(self.journal))

    def _write(self, path: Path, raw: bytes) -> None:
        if raw == self._written.get(path):
            return
        # The old file stays whole until the new one is.
        aside = path.with_suffix(".new")
        aside.write_bytes(raw)
        aside.replace(path)
        self._written[path] = raw


def _read(path: Path | None, kind: type[Kept]) -> Kept:
    if path is None or not path.exists():
        return kind()
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, OSError) as error:
        raise BadMemory(f"{path}: {error}") from error
