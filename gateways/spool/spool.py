"""The gateway's messages, numbered and kept on disk until the server has committed them.

A message gets its sequence number in the transaction that stores it, so that a number is
never given twice and never skipped without a record. What `commit` has returned from survives
a power cut. The spool is bounded: when it is full the oldest messages are dropped, counted,
and declared to the server as a gap, so that no loss is silent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from foundation.identifiers import new_id
from gateways.spool import statements
from gateways.spool.commands import CommandBook
from gateways.spool.database import Database
from gateways.spool.statements import ROW_BYTES, DeviceRecord, to_json

# Dropping in steps: each step is one transaction, and one extension of a gap.
DROP_ROWS: Final = 500


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


def ignore(_device_id: int, _rows: Sequence[Row]) -> None:
    """Do nothing: until somebody wants to hear of commits."""


class Spool:
    """Thread-safe; every public method is one transaction or one read."""

    def __init__(self, path: Path, *, bytes_max: int = 2**63, age_ms_max: int = 2**62) -> None:
        self._database = Database(path)
        self.commands = CommandBook(self._database)
        self.had_damaged_tail = self._database.had_damaged_tail
        self._bytes_max, self._age_ms_max = bytes_max, age_ms_max
        self._records: dict[int, DeviceRecord] = {}
        self.dropped = 0
        self.on_commit: Callable[[int, Sequence[Row]], None] = ignore
        with self._database.reading() as db:
            count, size = db.execute(
                "SELECT count(*), coalesce(sum(length(payload)), 0) FROM outbox"
            ).fetchone()
            self._gaps = {row[0] for row in db.execute("SELECT DISTINCT device FROM gap")}
        self.bytes = int(size) + ROW_BYTES * int(count)

    def close(self) -> None:
        self._database.close()

    def device(self, name: str) -> DeviceRecord:
        """Return what is known of the device; one never seen gets its first boot id."""
        with self._database.transaction() as db:
            db.execute("INSERT INTO device (name) VALUES (?) ON CONFLICT DO NOTHING", (name,))
            row = db.execute(
                "SELECT id, generation, boot_counter, memory FROM device WHERE name = ?", (name,)
            ).fetchone()
            db.execute(
                "INSERT INTO boot (device, generation, boot) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (row[0], row[1], str(new_id())),
            )
            boot, seq = db.execute(
                "SELECT boot, next_seq FROM boot WHERE device = ? AND generation = ?", row[:2]
            ).fetchone()
        memory = msgspec.json.decode(row[3], type=dict[str, Any])
        record = DeviceRecord(row[0], name, row[1], boot, row[2], seq, memory, opened_at_seq=seq)
        self._records[record.id] = record
        return record

    def metric_keys(self, device_id: int, metrics: Sequence[tuple[str, str, str]]) -> list[int]:
        """Give each (name, unit, type) its number; once given, a number never means another."""
        keys = []
        with self._database.transaction() as db:
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
        kept = record.memory if memory is None else memory
        counter = record.boot_counter if boot_counter is None else boot_counter
        with self._database.transaction() as db:
            seq = record.next_seq
            rows = []
            for i, draft in enumerate(drafts):
                body = {"s": 1, "boot": record.boot, "seq": seq + i, **draft.body}
                rows.append((seq + i, draft.kind, draft.at_ms, to_json(body)))
            self.bytes += statements.insert(db, record.id, record.generation, rows)
            if kept is not record.memory or counter != record.boot_counter:
                db.execute(
                    "UPDATE device SET memory = ?, boot_counter = ? WHERE id = ?",
                    (to_json(kept).decode(), counter, record.id),
                )
            record.next_seq = seq + len(rows)
            record.memory, record.boot_counter = kept, counter
            generation = record.generation
        self.on_commit(record.id, [Row(generation, r[0], r[1], r[3]) for r in rows])
        if self.bytes > self._bytes_max:
            self._make_room()

    def begin_boot(self, record: DeviceRecord, boot_counter: int | None) -> None:
        """Open a new sequence: the device was switched off and on, or ours cannot go on."""
        with self._database.transaction() as db:
            statements.open_generation(db, record, boot_counter)

    def keep_birth(self, record: DeviceRecord, birth: bytes) -> None:
        """Keep what the messages of this boot mean, for those sent after a later boot."""
        with self._database.transaction() as db:
            db.execute(
                "UPDATE boot SET birth = ? WHERE device = ? AND generation = ?",
                (birth, record.id, record.generation),
            )

    def birth_of(self, device_id: int, generation: int) -> bytes | None:
        with self._database.reading() as db:
            row = db.execute(
                "SELECT birth FROM boot WHERE device = ? AND generation = ?",
                (device_id, generation),
            ).fetchone()
        return row[0] if row else None

    def waiting(self, device_id: int, after: tuple[int, int], count: int) -> list[Row]:
        """Return the oldest messages after (generation, seq), in order."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT generation, seq, kind, payload FROM outbox"
                " WHERE device = ? AND (generation, seq) > (?, ?)"
                " ORDER BY generation, seq LIMIT ?",
                (device_id, *after, count),
            ).fetchall()
        return [Row(*row) for row in rows]

    def acknowledge(self, device_id: int, boot: str, seq: int) -> tuple[int, int]:
        """Forget what the server has committed; return the generation, and how many rows went.

        A server that holds more of this boot than we ever numbered shows that our disk lost
        commits. Numbers given since are the server's duplicates of other messages: those
        messages move to a new boot, under new numbers, and the old boot is left to the server.
        """
        with self._database.transaction() as db:
            found = db.execute(
                "SELECT generation FROM boot WHERE device = ? AND boot = ?", (device_id, boot)
            ).fetchone()
            if found is None:
                return 0, 0
            generation = int(found[0])
            record = self._records.get(device_id)
            is_current = record is not None and record.generation == generation
            if record is not None and is_current and seq >= record.next_seq:
                self.bytes += statements.move_to_new_boot(db, record)
            gone, size = statements.delete(db, device_id, generation, 1, seq)
            self.bytes -= size
        return generation, gone

    def lowest(self, device_id: int, generation: int) -> int:
        """Return the lowest number still here, or the next to be given where none is."""
        with self._database.reading() as db:
            row = db.execute(
                "SELECT coalesce((SELECT min(seq) FROM outbox WHERE device = ?1"
                " AND generation = ?2), (SELECT next_seq FROM boot WHERE device = ?1"
                " AND generation = ?2), 1)",
                (device_id, generation),
            ).fetchone()
        return int(row[0])

    def count(self, device_id: int | None = None) -> int:
        with self._database.reading() as db:
            return int(
                db.execute(
                    "SELECT count(*) FROM outbox WHERE ?1 IS NULL OR device = ?1", (device_id,)
                ).fetchone()[0]
            )

    # Bounds, and the record of what did not fit.

    def _make_room(self) -> None:
        """Drop the oldest messages, whosever they are, until a twentieth is free again."""
        while self.bytes > self._bytes_max * 0.95 and self._drop_oldest(DROP_ROWS, None):
            pass

    def drop_aged(self, now_ms: int) -> None:
        """Drop what has waited longer than it may."""
        while self._drop_oldest(DROP_ROWS, now_ms - self._age_ms_max):
            pass

    def _drop_oldest(self, count: int, before_ms: int | None) -> bool:
        with self._database.transaction() as db:
            oldest = statements.find_oldest(db, self._records, before_ms, count)
            if oldest is None:
                return False
            place = (oldest.device_id, oldest.generation, oldest.first, oldest.last)
            statements.delete(db, *place)
            statements.note_gap(db, *place)
            self._gaps.add(oldest.device_id)
            self.bytes -= oldest.bytes
            self.dropped += oldest.count
        return True

    def note_gap(self, device_id: int, generation: int, first: int, last: int) -> None:
        """Record numbers that the server misses and that are no longer here."""
        with self._database.transaction() as db:
            statements.note_gap(db, device_id, generation, first, last)
            self._gaps.add(device_id)

    def has_gap(self, device_id: int) -> bool:
        """Say whether a loss has yet to be declared; costs nothing to ask."""
        return device_id in self._gaps

    def declare_gaps(self, device_id: int, now_ms: int) -> list[Row]:
        """Turn recorded gaps into alarms, numbered in the boots that lost something."""
        declared = []
        with self._database.transaction() as db:
            self._gaps.discard(device_id)
            for gap in statements.take_gaps(db, device_id):
                alarm = statements.gap_alarm(db, device_id, gap, now_ms)
                self.bytes += statements.insert(db, device_id, gap[0], [alarm])
                record = self._records.get(device_id)
                if record is not None and record.generation == gap[0]:
                    record.next_seq = alarm[0] + 1
                declared.append(Row(gap[0], alarm[0], alarm[1], alarm[3]))
        return declared
