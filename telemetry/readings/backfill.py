"""Brings in readings from a file, by COPY: history from before the platform was there."""

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TextIO
from uuid import UUID

import psycopg

from telemetry.readings.service import DAY_MS, GOOD, ensure_partitions
from telemetry.rollups.service import is_rolled_up_by_us, mark

COLUMNS: Final = ("at", "metric", "value")
CHUNK: Final = 50_000
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


class FileRefused(Exception):
    """A line that is no reading; nothing of its chunk was stored."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")


@dataclass(slots=True)
class Imported:
    lines: int = 0
    stored: int = 0
    duplicates: int = 0


def read_lines(file: TextIO) -> Iterator[tuple[int, datetime, str, float]]:
    """Read `at,metric,value` lines; times carry their zone."""
    lines = csv.DictReader(file)
    missing = [name for name in COLUMNS if name not in (lines.fieldnames or ())]
    if missing:
        raise FileRefused(1, f"columns missing: {', '.join(missing)}")
    for number, line in enumerate(lines, start=2):
        try:
            at = datetime.fromisoformat(line["at"])
            value = float(line["value"])
        except (TypeError, ValueError) as error:
            raise FileRefused(number, str(error)) from None
        if at.tzinfo is None:
            raise FileRefused(number, f"{line['at']} has no time zone")
        if not EARLIEST <= at <= LATEST:
            raise FileRefused(number, f"{line['at']} is no time of any instrument")
        if not math.isfinite(value):
            raise FileRefused(number, f"{line['value']} is no number")
        yield number, at, line["metric"], value


def import_readings(
    connection: psycopg.Connection[Any], device_id: UUID, file: TextIO, *, now: datetime
) -> Imported:
    """Store a file's readings, a chunk a transaction; what is there already stays as it is."""
    known = {
        name: channel_id
        for channel_id, name in connection.execute(
            "SELECT id, name FROM channels WHERE device_id = %s", [device_id]
        )
    }
    connection.commit()
    outcome = Imported()
    chunk: list[tuple[int, datetime, float]] = []
    for number, at, metric, value in read_lines(file):
        channel_id = known.get(metric)
        if channel_id is None:
            raise FileRefused(number, f"the device has no metric {metric!r}")
        chunk.append((channel_id, at, value))
        if len(chunk) >= CHUNK:
            store_chunk(connection, chunk, outcome, now=now)
            chunk = []
    store_chunk(connection, chunk, outcome, now=now)
    return outcome


def store_chunk(
    connection: psycopg.Connection[Any],
    chunk: Iterable[tuple[int, datetime, float]],
    outcome: Imported,
    *,
    now: datetime,
) -> None:
    """COPY into a table of the transaction's own, then take over what is new."""
    rows = sorted(chunk)
    if not rows:
        return
    times_ms = [int(at.timestamp() * 1000) for _, at, _ in rows]
    with connection.transaction():
        ensure_partitions(connection, {at // DAY_MS for at in times_ms})
    with connection.transaction():
        connection.execute(
            "CREATE TEMPORARY TABLE arriving (channel_id bigint, at timestamptz, value float8)"
            " ON COMMIT DROP"
        )
        with connection.cursor().copy("COPY arriving FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["int8", "timestamptz", "float8"])
            for row in rows:
                copy.write_row(row)
        stored = connection.execute(
            """
            INSERT INTO readings (channel_id, at, value, quality, received_at)
            SELECT channel_id, at, value, %s, %s FROM arriving ORDER BY channel_id, at
            ON CONFLICT DO NOTHING
            """,
            [GOOD, now],
        ).rowcount
        if is_rolled_up_by_us(connection):
            mark(connection, times_ms)
    outcome.lines += len(rows)
    outcome.stored += stored
    outcome.duplicates += len(rows) - stored
