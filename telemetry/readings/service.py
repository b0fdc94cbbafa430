"""Verbs on readings: store a batch, make room for it, keep the newest of each channel.

On the fast path: psycopg with binary arrays, one statement a batch.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from weakref import WeakSet

import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from telemetry.readings.arrays import Float8, Instants, Int2, Int8, Packed, register

Connection = psycopg.Connection[Any]
Row = tuple[int, int, float | None, int, int]
"""Channel, time at the device (epoch ms), value, quality, time received (epoch ms)."""

DAY_MS: Final = 86_400_000
EPOCH: Final = date(1970, 1, 1)
PARTITION_LOCK: Final = 7_201_958

GOOD, REPEATED, LATE, BAD = 0, 1, 2, 3
LATE_AFTER_MS: Final = 10 * 60_000

# Connections that know how to send our arrays; forgotten with the connection.
taught: WeakSet[Connection] = WeakSet()

INSERT: Final = """
INSERT INTO readings (channel_id, at, value, quality, received_at)
SELECT * FROM unnest(%b::int8[], %b::timestamptz[], %b::float8[], %b::int2[], %b::timestamptz[])
ON CONFLICT DO NOTHING
"""

UPSERT_LATEST: Final = """
INSERT INTO latest_readings (channel_id, at, value, quality, received_at)
SELECT * FROM unnest(%b::int8[], %b::timestamptz[], %b::float8[], %b::int2[], %b::timestamptz[])
ON CONFLICT (channel_id) DO UPDATE
SET at = excluded.at, value = excluded.value, quality = excluded.quality,
    received_at = excluded.received_at
WHERE latest_readings.at <= excluded.at
"""


def store_readings(connection: Connection, rows: Sequence[Row]) -> int:
    """Store a batch; return how many were new. The same reading twice is one reading.

    Rows come sorted by channel and time, so that two workers lock in one order.
    """
    if not rows:
        return 0
    return connection.execute(INSERT, pack(connection, rows), prepare=True).rowcount


def mark_late(connection: Connection, rows: Sequence[Row], *, now: datetime) -> None:
    """Note which channels got late readings, and how far back."""
    first: dict[int, int] = {}
    for channel_id, at, _, quality, _ in rows:
        if quality == LATE:
            first[channel_id] = min(first.get(channel_id, at), at)
    if first:
        channels = sorted(first)
        connection.execute(
            """
            INSERT INTO late_marks (channel_id, first_at, noted_at)
            SELECT channel_id, first_at, %b FROM unnest(%b, %b) AS late (channel_id, first_at)
            """,
            [now, Int8(channels), Instants([first[channel] for channel in channels])],
        )


def store_latest(connection: Connection, rows: Sequence[Row]) -> None:
    """Move the newest reading of each channel on; rows sorted, one a channel."""
    if rows:
        connection.execute(UPSERT_LATEST, pack(connection, rows), prepare=True)


def pack(connection: Connection, rows: Sequence[Row]) -> tuple[Packed, ...]:
    if connection not in taught:
        register(connection)
        taught.add(connection)
    channels, times, values, qualities, received = zip(*rows, strict=True)
    return Int8(channels), Instants(times), Float8(values), Int2(qualities), Instants(received)


def is_partitioned(connection: Connection) -> bool:
    """Whether days are ours to make: they are TimescaleDB's where it is."""
    row = connection.execute(
        "SELECT relkind = 'p' FROM pg_class WHERE oid = 'readings'::regclass"
    ).fetchone()
    return bool(row and row[0])


def partition_name(day: int) -> str:
    """Name the partition of a day, given as days since 1970."""
    return f"readings_p{EPOCH + timedelta(days=day):%Y%m%d}"


def ensure_partitions(connection: Connection, days: Iterable[int]) -> int:
    """Make the partitions of these days unless they are there; return how many were made.

    In the caller's transaction, which should be short: others wait at the lock. TimescaleDB
    makes its own, and then there is nothing to do.
    """
    if not is_partitioned(connection):
        return 0
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [PARTITION_LOCK])
    made = 0
    for day in sorted(set(days)):
        name = partition_name(day)
        if connection.execute("SELECT to_regclass(%s)", [name]).fetchone() != (None,):
            continue
        start = datetime.combine(EPOCH + timedelta(days=day), datetime.min.time(), UTC)
        connection.execute(
            sql.SQL("CREATE TABLE {} PARTITION OF readings FOR VALUES FROM ({}) TO ({})").format(
                sql.Identifier(name),
                sql.Literal(start.isoformat()),
                sql.Literal((start + timedelta(days=1)).isoformat()),
            )
        )
        made += 1
    return made


def list_partitions(session: Session, *, before: date) -> list[str]:
    """List the partitions of whole days before that one, oldest first."""
    names = session.scalars(
        text(
            "SELECT relid::regclass::text FROM pg_partition_tree('readings') WHERE isleaf"
            " ORDER BY 1"
        )
    )
    return [name for name in names if name < f"readings_p{before:%Y%m%d}"]


def drop_partition(session: Session, name: str) -> bool:
    """Drop one day's readings; whoever reads waits a moment."""
    session.execute(text(f'DROP TABLE IF EXISTS "{name}"'))
    return True
