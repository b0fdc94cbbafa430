"""The spool's steps within a transaction: each takes the open one and does one thing."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from foundation.identifiers import new_id

# What a row costs beside its payload: keys, cell header, share of the page.
ROW_BYTES: Final = 48
ALARM: Final = "alarm"

to_json: Final = msgspec.json.Encoder(decimal_format="number").encode

# A numbered message: seq, kind, at_ms, payload.
Numbered = tuple[int, str, int, bytes]


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
    opened_at_seq: int = 1  # the first number given since this process began


@dataclass(frozen=True, slots=True)
class Oldest:
    """The oldest stretch of one boot's messages."""

    device_id: int
    generation: int
    first: int
    last: int
    count: int
    bytes: int


def insert(
    db: sqlite3.Connection, device_id: int, generation: int, rows: Sequence[Numbered]
) -> int:
    """Store numbered messages and move the boot's next number on; return their size."""
    if not rows:
        return 0
    db.executemany(
        "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?)",
        [(device_id, generation, *row) for row in rows],
    )
    db.execute(
        "UPDATE boot SET next_seq = ? WHERE device = ? AND generation = ?",
        (rows[-1][0] + 1, device_id, generation),
    )
    return sum(len(row[3]) + ROW_BYTES for row in rows)


def open_generation(db: sqlite3.Connection, record: DeviceRecord, boot_counter: int | None) -> None:
    """Begin a new boot of the device, its numbers from one."""
    boot = str(new_id())
    db.execute(
        "UPDATE device SET generation = generation + 1, boot_counter = ? WHERE id = ?",
        (boot_counter, record.id),
    )
    db.execute(
        "INSERT INTO boot (device, generation, boot) VALUES (?, ?, ?)",
        (record.id, record.generation + 1, boot),
    )
    record.generation += 1
    record.boot, record.next_seq, record.opened_at_seq = boot, 1, 1
    record.boot_counter = boot_counter


def move_to_new_boot(db: sqlite3.Connection, record: DeviceRecord) -> int:
    """Give the messages numbered since this process began new numbers in a new boot."""
    moved = db.execute(
        "SELECT kind, at_ms, payload FROM outbox"
        " WHERE device = ? AND generation = ? AND seq >= ? ORDER BY seq",
        (record.id, record.generation, record.opened_at_seq),
    ).fetchall()
    open_generation(db, record, record.boot_counter)
    rows = []
    for i, (kind, at_ms, payload) in enumerate(moved, 1):
        body = msgspec.json.decode(payload, type=dict[str, Any])
        rows.append((i, kind, at_ms, to_json({**body, "boot": record.boot, "seq": i})))
    record.next_seq = len(rows) + 1
    return insert(db, record.id, record.generation, rows)


def delete(
    db: sqlite3.Connection, device_id: int, generation: int, first: int, last: int
) -> tuple[int, int]:
    """Delete a stretch of messages; return how many and their size."""
    stretch = (device_id, generation, first, last)
    count, size = db.execute(
        "SELECT count(*), coalesce(sum(length(payload)), 0) FROM outbox"
        " WHERE device = ? AND generation = ? AND seq BETWEEN ? AND ?",
        stretch,
    ).fetchone()
    if count:
        db.execute(
            "DELETE FROM outbox WHERE device = ? AND generation = ? AND seq BETWEEN ? AND ?",
            stretch,
        )
    return count, size + ROW_BYTES * count


def find_oldest(
    db: sqlite3.Connection, device_ids: Iterable[int], before_ms: int | None, count: int
) -> Oldest | None:
    """Find the device whose first message is the oldest, and up to `count` messages from there."""
    heads = []
    for device_id in device_ids:
        head = db.execute(
            "SELECT at_ms, device, generation FROM outbox WHERE device = ?"
            " ORDER BY generation, seq LIMIT 1",
            (device_id,),
        ).fetchone()
        if head is not None:
            heads.append(head)
    if not heads:
        return None
    _, device_id, generation = min(heads)
    rows = db.execute(
        "SELECT seq, at_ms, length(payload) FROM outbox WHERE device = ? AND generation = ?"
        " ORDER BY seq LIMIT ?",
        (device_id, generation, count),
    ).fetchall()
    stretch = []
    for row in rows:
        if before_ms is not None and row[1] >= before_ms:
            break
        stretch.append(row)
    if not stretch:
        return None
    size = sum(row[2] + ROW_BYTES for row in stretch)
    return Oldest(device_id, generation, stretch[0][0], stretch[-1][0], len(stretch), size)


def note_gap(
    db: sqlite3.Connection, device_id: int, generation: int, first: int, last: int
) -> None:
    """Record lost numbers; those that follow on an earlier gap make it longer."""
    longer = db.execute(
        "UPDATE gap SET last = ? WHERE device = ? AND generation = ? AND last = ?",
        (last, device_id, generation, first - 1),
    ).rowcount
    if not longer:
        db.execute(
            "INSERT INTO gap VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (device_id, generation, first, last),
        )


def take_gaps(db: sqlite3.Connection, device_id: int) -> list[tuple[int, int, int]]:
    """Take the recorded gaps of a device away: (generation, first, last)."""
    return db.execute(
        "DELETE FROM gap WHERE device = ? RETURNING generation, first, last", (device_id,)
    ).fetchall()


def gap_alarm(
    db: sqlite3.Connection, device_id: int, gap: tuple[int, int, int], now_ms: int
) -> Numbered:
    """Write the alarm that declares a gap, under the next number of the boot that has it."""
    generation, first, last = gap
    boot, seq = db.execute(
        "SELECT boot, next_seq FROM boot WHERE device = ? AND generation = ?",
        (device_id, generation),
    ).fetchone()
    body = {"s": 1, "boot": boot, "seq": seq, "ts": now_ms, "code": "SPOOL_DROPPED"}
    body |= {"sev": "major", "active": True, "lost": [first, last]}
    return seq, ALARM, now_ms, to_json(body)
