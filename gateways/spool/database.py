"""The spool's file: one SQLite connection, flushed to disk at every commit."""

import sqlite3
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

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
CREATE TABLE IF NOT EXISTS gap (
    device INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (device, generation, first)
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
CREATE INDEX IF NOT EXISTS unsent ON command (received_ms) WHERE sent = 0;
CREATE TABLE IF NOT EXISTS wanted (
    device TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    lease_until_ms INTEGER,
    command TEXT NOT NULL
) WITHOUT ROWID;
"""

WAL_HEADER: Final = struct.Struct(">IIIIIIII")
FRAME_HEADER: Final = struct.Struct(">IIIIII")
WAL_MAGIC: Final = 0x377F0682  # the lowest bit says which way its checksums read


SQLITE_MAGIC: Final = b"SQLite format 3\0"


class SpoolUnusable(Exception):
    """The file is there but is no spool of ours, or cannot be written."""

    code = "spool_unusable"


class SpoolDamaged(SpoolUnusable):
    """The file was a database once, and cannot be read any more."""

    code = "spool_damaged"


def set_aside(path: Path, stamp: str) -> Path:
    """Move a damaged file and its log out of the way, and keep them for whoever looks."""
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("-wal", "-shm"):
        log = path.with_name(path.name + suffix)
        if log.exists():
            log.replace(aside.with_name(aside.name + suffix))
    path.replace(aside)
    return aside


def checksum(data: bytes, start: tuple[int, int], order: str) -> tuple[int, int]:
    """Continue the checksum of a write-ahead log (sqlite.org/fileformat2.html §4.2)."""
    first, second = start
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for i in range(0, len(words), 2):
        first = (first + words[i] + second) & 0xFFFFFFFF
        second = (second + words[i + 1] + first) & 0xFFFFFFFF
    return first, second


def has_damaged_tail(path: Path) -> bool:
    """Say whether frames of the write-ahead log lie behind one that does not verify.

    SQLite silently ignores everything from the first bad frame on. Frames of the same
    generation behind it mean that commits were lost which had once been flushed. A bad last
    frame alone is a write that a power cut interrupted: nobody was told of that commit.
    """
    log = path.with_name(path.name + "-wal")
    try:
        data = log.read_bytes()
    except OSError:
        return False
    if len(data) < WAL_HEADER.size:
        return False
    magic, _, page_size, _, salt_1, salt_2, sum_1, sum_2 = WAL_HEADER.unpack_from(data)
    if magic & ~1 != WAL_MAGIC:
        return any(data)
    order = ">" if magic & 1 else "<"
    running = checksum(data[: WAL_HEADER.size - 8], (0, 0), order)
    if running != (sum_1, sum_2):
        return True
    step = FRAME_HEADER.size + page_size
    is_bad = False
    for at in range(WAL_HEADER.size, len(data) - step + 1, step):
        _, _, *salts, frame_1, frame_2 = FRAME_HEADER.unpack_from(data, at)
        if salts != [salt_1, salt_2]:
            continue  # left over from before the last checkpoint
        if is_bad:
            return True
        running = checksum(data[at : at + 8], running, order)
        running = checksum(data[at + FRAME_HEADER.size : at + step], running, order)
        is_bad = running != (frame_1, frame_2)
    return False


class Database:
    """Thread-safe: one connection, one lock; a commit takes as long as the disk's flush."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.had_damaged_tail = has_damaged_tail(path)
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=10
            )
        except (OSError, sqlite3.Error) as error:
            raise SpoolUnusable(f"{path} cannot be opened: {error}") from error
        try:
            self._prepare(path)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            with path.open("rb") as file:
                was_database = file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
            if was_database and not isinstance(error, sqlite3.OperationalError):
                raise SpoolDamaged(f"{path} is damaged: {error}") from error
            raise SpoolUnusable(f"{path} is no spool: {error}") from error
        except SpoolUnusable:
            self._connection.close()
            raise

    def _prepare(self, path: Path) -> None:
        db = self._connection
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version not in {0, SCHEMA_VERSION}:
            raise SpoolUnusable(f"{path} is of version {version}, not {SCHEMA_VERSION}")
        db.executescript(SCHEMA)
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        # Reads every table's first pages, and so finds a file that was cut or overwritten.
        for table in ("device", "boot", "outbox", "gap", "metric_key", "command", "wanted"):
            db.execute(f"SELECT * FROM {table} LIMIT 1").fetchall()  # noqa: S608  # our own names

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._connection
