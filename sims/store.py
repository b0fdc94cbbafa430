"""What a device keeps in its own flash memory: counters, unsent events, commands it obeyed."""

from pathlib import Path

import msgspec


class StoredEvent(msgspec.Struct):
    boot: str
    seq: int
    kind: str
    payload: bytes


class Memory(msgspec.Struct):
    run_ms: int = 0
    cycles: int = 0
    energy_mj: int = 0
    boots: int = 0
    events: list[StoredEvent] = []
    obeyed: dict[str, bytes] = {}


class BadMemory(Exception):
    """A state file that cannot be read. Nothing is guessed: a counter set back is money."""


class Flash:
    """One device's memory in one file; in no file at all if there is no folder."""

    def __init__(self, folder: Path | None, name: str) -> None:
        self._path = folder / f"{name}.json" if folder else None
        self._written = b""
        self.memory = Memory()
        if self._path and self._path.exists():
            try:
                self.memory = msgspec.json.decode(self._path.read_bytes(), type=Memory)
            except (msgspec.DecodeError, OSError) as error:
                raise BadMemory(f"{self._path}: {error}") from error

    def write(self) -> None:
        """Write what changed. The old file stays whole until the new one is."""
        if self._path is None:
            return
        raw = msgspec.json.encode(self.memory)
        if raw == self._written:
            return
        aside = self._path.with_suffix(".new")
        aside.write_bytes(raw)
        aside.replace(self._path)
        self._written = raw
