"""The gateway's memory on disk: messages not yet committed by the server, and what must outlive it.

One SQLite file in WAL mode with `synchronous=FULL`: what `commit` has returned from survives
a power cut. A message gets its sequence number in the transaction that stores it, so that a
number is never given twice and never skipped without a record.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from foundation.identifiers import new_id

SCHEMA_VERSION: Final = 1
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS device (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    generation INTEGER NOT NULL DEFAULT 1,
    boot_counter INTEGER,
    memory TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS boot (
    device INTEGER NOT NULL REFERENCES device (id),
    generation INTEGER NOT NULL,
    boot TEXT NOT NULL,
    next_seq INTEGER NOT NULL DEFAULT 1,
    birth BLOB,
    PRIMARY KEY (device, generation)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    device INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (device, generation, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS metric_key (
    device INTEGER NOT NULL,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    wire TEXT NOT NULL,
    k INTEGER NOT NULL,
    PRIMARY KEY (device, name, unit, wire),
    UNIQUE (device, k)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS command (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    result BLOB,
    sent INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS wanted (
    device TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    lease_until_ms INTEGER,
    command TEXT NOT NULL
) WITHOUT ROWID;
"""
# How long a command's id is remembered: far longer than any command is valid.
COMMANDS_KEPT_MS: Final = 30 * 86_400_000

to_json: Final = msgspec.json.Encoder(decimal_format="number").encode


class SpoolUnusable(Exception):
    """The file is there but is no spool of ours, or cannot be written."""

    code = "spool_unusable"


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that has no sequence number yet."""

    kind: str
    at_ms: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A message waiting for the server's acknowledgement."""

    generation: int
    seq: int
    kind: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """The state a relay should be in, and until when."""

    value: str
    lease_until_ms: int | None
    command: str


@dataclass(slots=True)
class DeviceRecord:
    """What is known of a device across restarts."""

    id: int
    name: str
    generation: int
    boot: str
    boot_counter: int | None
    next_seq: int
    memory: dict[str, Any] = field(default_factory=dict)


class Spool:
    """Thread-safe: one connection, one lock; a commit takes as long as the disk's flush."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version not in {0, SCHEMA_VERSION}:
                raise SpoolUnusable(f"{path} is of version {version}, not {SCHEMA_VERSION}")
            self._db.executescript(SCHEMA)
            self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise SpoolUnusable(f"{path} is no spool: {error}") from error

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def device(self, name: str) -> DeviceRecord:
        """Return what is known of the device; one never seen gets its first boot id."""
        with self._transaction() as db:
            db.execute("INSERT INTO device (name) VALUES (?) ON CONFLICT DO NOTHING", (name,))
            row = db.execute(
                "SELECT id, generation, boot_counter, memory FROM device WHERE name = ?", (name,)
            ).fetchone()
            db.execute(
                "INSERT INTO boot (device, generation, boot) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (row[0], row[1], str(new_id())),
            )
            boot = db.execute(
                "SELECT boot, next_seq FROM boot WHERE device = ? AND generation = ?", row[:2]
            ).fetchone()
        memory = msgspec.json.decode(row[3], type=dict[str, Any])
        return DeviceRecord(row[0], name, row[1], boot[0], row[2], boot[1], memory)

    def metric_keys(self, device_id: int, metrics: Sequence[tuple[str, str, str]]) -> list[int]:
        """Give each (name, unit, type) its number; once given, a number never means another."""
        keys = []
        with self._transaction() as db:
            for metric in metrics:
                found = db.execute(
                    "SELECT k FROM metric_key"
                    " WHERE device = ? AND name = ? AND unit = ? AND wire = ?",
                    (device_id, *metric),
                ).fetchone()
                if found is None:
                    found = db.execute(
                        "INSERT INTO metric_key SELECT ?, ?, ?, ?, coalesce(max(k), 0) + 1"
                        " FROM metric_key WHERE device = ? RETURNING k",
                        (device_id, *metric, device_id),
                    ).fetchone()
                keys.append(int(found[0]))
        return keys

    def commit(
        self,
        record: DeviceRecord,
        drafts: Sequence[Draft],
        *,
        memory: dict[str, Any] | None = None,
        boot_counter: int | None = None,
    ) -> None:
        """Number and store messages, and what else must not be forgotten, in one transaction."""
        seq = record.next_seq
        rows = []
        for draft in drafts:
            body = {"s": 1, "boot": record.boot, "seq": seq, **draft.body}
            row = (record.id, record.generation, seq, draft.kind, draft.at_ms, to_json(body))
            rows.append(row)
            seq += 1
        kept = record.memory if memory is None else memory
        counter = record.boot_counter if boot_counter is None else boot_counter
        with self._transaction() as db:
            db.executemany("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?)", rows)
            db.execute(
                "UPDATE boot SET next_seq = ? WHERE device = ? AND generation = ?",
                (seq, record.id, record.generation),
            )
            if kept is not record.memory or counter != record.boot_counter:
                db.execute(
                    "UPDATE device SET memory = ?, boot_counter = ? WHERE id = ?",
                    (to_json(kept).decode(), counter, record.id),
                )
        record.next_seq, record.memory, record.boot_counter = seq, kept, counter

    def begin_boot(self, record: DeviceRecord, boot_counter: int | None) -> None:
        """Open a new sequence: the device was switched off and on."""
        boot = str(new_id())
        with self._transaction() as db:
            db.execute(
                "UPDATE device SET generation = generation + 1, boot_counter = ? WHERE id = ?",
                (boot_counter, record.id),
            )
            db.execute(
                "INSERT INTO boot (device, generation, boot) VALUES (?, ?, ?)",
                (record.id, record.generation + 1, boot),
            )
        record.generation += 1
        record.boot, record.next_seq, record.boot_counter = boot, 1, boot_counter

    def keep_birth(self, record: DeviceRecord, birth: bytes) -> None:
        """Keep what the messages of this boot mean, for those sent after a later boot."""
        with self._transaction() as db:
            db.execute(
                "UPDATE boot SET birth = ? WHERE device = ? AND generation = ?",
                (birth, record.id, record.generation),
            )

    def birth_of(self, device_id: int, generation: int) -> bytes | None:
        with self._lock:
            row = self._db.execute(
                "SELECT birth FROM boot WHERE device = ? AND generation = ?",
                (device_id, generation),
            ).fetchone()
        return row[0] if row else None

    def waiting(self, device_id: int, after: tuple[int, int], count: int) -> list[Row]:
        """Return the oldest messages after (generation, seq), in order."""
        with self._lock:
            rows = self._db.execute(
                "SELECT generation, seq, kind, payload FROM outbox"
                " WHERE device = ? AND (generation, seq) > (?, ?)"
                " ORDER BY generation, seq LIMIT ?",
                (device_id, *after, count),
            ).fetchall()
        return [Row(*row) for row in rows]

    def acknowledge(self, device_id: int, boot: str, seq: int) -> tuple[int, int]:
        """Forget what the server has committed; return the generation, and how many rows went."""
        with self._transaction() as db:
            found = db.execute(
                "SELECT generation FROM boot WHERE device = ? AND boot = ?", (device_id, boot)
            ).fetchone()
            if found is None:
                return 0, 0
            gone = db.execute(
                "DELETE FROM outbox WHERE device = ? AND generation = ? AND seq <= ?",
                (device_id, found[0], seq),
            ).rowcount
        return int(found[0]), gone

    def count(self, device_id: int | None = None) -> int:
        with self._lock:
            return int(
                self._db.execute(
                    "SELECT count(*) FROM outbox WHERE ?1 IS NULL OR device = ?1", (device_id,)
                ).fetchone()[0]
            )

    def remember_command(self, command: str, device: str, now_ms: int) -> bool:
        """Note a command's id before it is carried out; False where it is known already."""
        with self._transaction() as db:
            db.execute("DELETE FROM command WHERE received_ms < ?", (now_ms - COMMANDS_KEPT_MS,))
            added = db.execute(
                "INSERT INTO command (id, device, received_ms) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (command, device, now_ms),
            ).rowcount
        return added == 1

    def store_result(self, command: str, result: bytes) -> None:
        with self._transaction() as db:
            db.execute("UPDATE command SET result = ?, sent = 0 WHERE id = ?", (result, command))

    def result_of(self, command: str) -> bytes | None:
        with self._lock:
            row = self._db.execute("SELECT result FROM command WHERE id = ?", (command,)).fetchone()
        return row[0] if row else None

    def unsent_results(self) -> list[tuple[str, str, bytes]]:
        """Return (command, device, result) for answers not yet handed to the broker."""
        with self._lock:
            return self._db.execute(
                "SELECT id, device, result FROM command WHERE sent = 0 AND result IS NOT NULL"
                " ORDER BY received_ms LIMIT 100"
            ).fetchall()

    def mark_sent(self, command: str) -> None:
        with self._transaction() as db:
            db.execute("UPDATE command SET sent = 1 WHERE id = ?", (command,))

    def wanted(self, device: str) -> Wanted | None:
        with self._lock:
            row = self._db.execute(
                "SELECT value, lease_until_ms, command FROM wanted WHERE device = ?", (device,)
            ).fetchone()
        return Wanted(*row) if row else None

    def want(self, device: str, wanted: Wanted) -> None:
        with self._transaction() as db:
            db.execute(
                "INSERT INTO wanted VALUES (?, ?, ?, ?) ON CONFLICT (device) DO UPDATE SET"
                " value = excluded.value, lease_until_ms = excluded.lease_until_ms,"
                " command = excluded.command",
                (device, wanted.value, wanted.lease_until_ms, wanted.command),
            )
