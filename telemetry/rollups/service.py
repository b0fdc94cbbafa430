"""Verbs on rollups: roll up what was stored since, late readings included.

Only where TimescaleDB is not: there the database does this itself. Whoever stores readings
leaves a mark of the minutes it touched in its own transaction; this takes the marks, works
those minutes out again, and takes the marks away.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

MINUTE_MS: Final = 60_000
SPANS_MAX: Final = 20
"""Marks one batch leaves at most; more spans than this become one that holds them all."""
SETTLES_AFTER: Final = timedelta(seconds=5)
MARKS_AT_ONCE: Final = 20_000
MINUTES_AT_ONCE: Final = 240
ROLLUP_LOCK: Final = 7_201_959
ORIGIN: Final = "2000-01-03 00:00:00+08"
"""Days begin at midnight in China."""

MINUTES: Final = text(
    f"""
    INSERT INTO reading_minutes (channel_id, at, low, high, total, readings)
    SELECT channel_id, date_bin('1 minute', at, '{ORIGIN}'),
           min(value), max(value), sum(value), count(*)
    FROM readings WHERE at >= :since AND at < :until AND value IS NOT NULL
    GROUP BY 1, 2
    ON CONFLICT (channel_id, at) DO UPDATE
    SET low = excluded.low, high = excluded.high, total = excluded.total,
        readings = excluded.readings
    """  # noqa: S608 - our own words
)


def coarser(table: str, source: str, length: str) -> str:
    """Roll the channels up that changed, over the whole buckets their changes lie in."""
    return f"""
        INSERT INTO {table} (channel_id, at, low, high, total, readings)
        SELECT channel_id, date_bin('{length}', at, '{ORIGIN}'),
               min(low), max(high), sum(total), sum(readings)
        FROM {source}
        WHERE at >= date_bin('{length}', CAST(:since AS timestamptz), '{ORIGIN}')
          AND at < date_bin('{length}', CAST(:last AS timestamptz), '{ORIGIN}')
                   + interval '{length}'
        GROUP BY 1, 2
        ON CONFLICT (channel_id, at) DO UPDATE
        SET low = excluded.low, high = excluded.high, total = excluded.total,
            readings = excluded.readings
        WHERE ({table}.low, {table}.high, {table}.total, {table}.readings)
              IS DISTINCT FROM (excluded.low, excluded.high, excluded.total, excluded.readings)
    """  # noqa: S608 - our own words


HOURS: Final = text(coarser("reading_hours", "reading_minutes", "1 hour"))
DAYS: Final = text(coarser("reading_days", "reading_hours", "1 day"))


def mark(connection: psycopg.Connection[Any], times_ms: Iterable[int]) -> None:
    """Leave a mark of the minutes these times lie in."""
    spans = as_spans({at // MINUTE_MS for at in times_ms})
    if not spans:
        return
    connection.execute(
        """
        INSERT INTO rollup_marks (first_minute, last_minute)
        SELECT to_timestamp(first * 60), to_timestamp(last * 60)
        FROM unnest(%s::int8[], %s::int8[]) AS span (first, last)
        """,
        [[first for first, _ in spans], [last for _, last in spans]],
        prepare=True,
    )


def as_spans(minutes: set[int]) -> list[tuple[int, int]]:
    """Put neighbouring minutes together."""
    spans: list[tuple[int, int]] = []
    for minute in sorted(minutes):
        if spans and minute == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], minute)
        else:
            spans.append((minute, minute))
    return spans if len(spans) <= SPANS_MAX else [(spans[0][0], spans[-1][1])]


def roll_up(session: Session, *, now: datetime) -> int:
    """Work out the minutes that were marked and are over; return how many.

    In one transaction with taking the marks away: a crash leaves them for the next time.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ROLLUP_LOCK})
    # The minute that is going on is left until it is over, so that it is done once.
    current = (now - SETTLES_AFTER).replace(second=0, microsecond=0)
    rows = session.execute(
        text(
            """
            DELETE FROM rollup_marks WHERE id IN (
                SELECT id FROM rollup_marks WHERE last_minute < :current
                ORDER BY id LIMIT :limit)
            RETURNING first_minute, last_minute
            """
        ),
        {"current": current, "limit": MARKS_AT_ONCE},
    ).all()
    spans = merge([(row[0], row[1] + timedelta(minutes=1)) for row in rows])
    for since, until in split(spans, timedelta(minutes=MINUTES_AT_ONCE)):
        session.execute(MINUTES, {"since": since, "until": until})
    for since, until in spans:
        bounds = {"since": since, "last": until - timedelta(minutes=1)}
        session.execute(HOURS, bounds)
        session.execute(DAYS, bounds)
    return sum((until - since) // timedelta(minutes=1) for since, until in spans)


def merge(spans: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Join spans that touch; they come in any order."""
    merged: list[tuple[datetime, datetime]] = []
    for since, until in sorted(spans):
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(until, merged[-1][1]))
        else:
            merged.append((since, until))
    return merged


def split(
    spans: Iterable[tuple[datetime, datetime]], longest: timedelta
) -> Iterable[tuple[datetime, datetime]]:
    for since, until in spans:
        start = since
        while start < until:
            yield start, min(start + longest, until)
            start += longest


def pending_since(session: Session, *, now: datetime) -> datetime:
    """Return from when on the rollups cannot be trusted, within the last day.

    Older marks are late data on their way; charts show it once it is rolled up.
    """
    first: datetime | None = session.scalar(
        text("SELECT min(first_minute) FROM rollup_marks WHERE first_minute > :since"),
        {"since": now - timedelta(days=1)},
    )
    edge = (now - timedelta(minutes=2)).replace(second=0, microsecond=0)
    return edge if first is None else min(first, edge)


IS_TABLE: Final = "SELECT relkind = 'r' FROM pg_class WHERE oid = 'reading_minutes'::regclass"


def is_rolled_up_by_us(connection: psycopg.Connection[Any]) -> bool:
    """Whether rollups are tables that we fill, rather than TimescaleDB's views."""
    row = connection.execute(IS_TABLE).fetchone()
    return bool(row and row[0])


def is_ours(session: Session) -> bool:
    """Ask the same of a Session."""
    return bool(session.scalar(text(IS_TABLE)))
