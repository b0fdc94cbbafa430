"""Commands and wanted states: what must be done once, and what must hold after a restart."""

from dataclasses import dataclass
from typing import Final

from gateways.spool.database import Database

# How long a command's id is remembered: far longer than any command is valid.
COMMANDS_KEPT_MS: Final = 30 * 86_400_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """The state a relay should be in, and until when."""

    value: str
    lease_until_ms: int | None
    command: str


class CommandBook:
    def __init__(self, database: Database) -> None:
        self._database = database

    def remember(self, command: str, device: str, now_ms: int) -> bool:
        """Note a command's id before it is carried out; False where it is known already."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM command WHERE received_ms < ?", (now_ms - COMMANDS_KEPT_MS,))
            added = db.execute(
                "INSERT INTO command (id, device, received_ms) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (command, device, now_ms),
            ).rowcount
        return added == 1

    def store_result(self, command: str, result: bytes) -> None:
        """Keep what came of a command until it has been handed to the broker."""
        with self._database.transaction() as db:
            db.execute("UPDATE command SET result = ?, sent = 0 WHERE id = ?", (result, command))

    def result_of(self, command: str) -> bytes | None:
        with self._database.reading() as db:
            row = db.execute("SELECT result FROM command WHERE id = ?", (command,)).fetchone()
        return row[0] if row else None

    def unsent(self) -> list[tuple[str, str, bytes]]:
        """Return (command, device, result) for answers not yet handed to the broker."""
        with self._database.reading() as db:
            return db.execute(
                "SELECT id, device, result FROM command WHERE sent = 0 AND result IS NOT NULL"
                " ORDER BY received_ms LIMIT 100"
            ).fetchall()

    def mark_sent(self, command: str) -> None:
        with self._database.transaction() as db:
            db.execute("UPDATE command SET sent = 1 WHERE id = ?", (command,))

    def wanted(self, device: str) -> Wanted | None:
        with self._database.reading() as db:
            row = db.execute(
                "SELECT value, lease_until_ms, command FROM wanted WHERE device = ?", (device,)
            ).fetchone()
        return Wanted(*row) if row else None

    def want(self, device: str, wanted: Wanted) -> None:
        with self._database.transaction() as db:
            db.execute(
                "INSERT INTO wanted VALUES (?, ?, ?, ?) ON CONFLICT (device) DO UPDATE SET"
                " value = excluded.value, lease_until_ms = excluded.lease_until_ms,"
                " command = excluded.command",
                (device, wanted.value, wanted.lease_until_ms, wanted.command),
            )
