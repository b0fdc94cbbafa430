"""Questions about readings: series for charts, and which phase a device was in when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from foundation.database import SessionFactory
from foundation.identifiers import DeviceId
from telemetry.devices.errors import MetricNotFound
from telemetry.devices.now import QUALITIES
from telemetry.devices.tables import Channel
from telemetry.readings.rules import Resolution, choose_bucket, choose_resolution
from telemetry.rollups.service import pending_since

ORIGIN: Final = datetime(2000, 1, 2, 16, tzinfo=UTC)
"""A Monday's midnight in China: where buckets of days and weeks begin."""

RAW: Final = text(
    """
    SELECT at, value AS low, value AS mean, value AS high FROM readings
    WHERE channel_id = :channel_id AND at >= :since AND at < :until
    ORDER BY at LIMIT :limit
    """
)
BUCKETS: Final = text(
    """
    SELECT date_bin(:bucket, at, :origin), min(value), avg(value), max(value) FROM readings
    WHERE channel_id = :channel_id AND at >= :since AND at < :until AND value IS NOT NULL
    GROUP BY 1 ORDER BY 1
    """
)


def of_rollups(table: str) -> TextClause:
    """Read whole rollups up to where they can be trusted, and single readings from there."""
    return text(
        f"""
        SELECT date_bin(:bucket, at, :origin), min(low), sum(total) / sum(readings), max(high)
        FROM (
            SELECT at, low, high, total, readings FROM {table}
            WHERE channel_id = :channel_id AND at < :edge
              AND at >= date_bin(:bucket, CAST(:since AS timestamptz), :origin) AND at < :until
            UNION ALL
            SELECT at, value, value, value, 1 FROM readings
            WHERE channel_id = :channel_id AND value IS NOT NULL
              AND at >= greatest(CAST(:since AS timestamptz), :edge) AND at < :until
        ) AS part
        GROUP BY 1 ORDER BY 1
        """  # noqa: S608 - a name of ours
    )


OF_ROLLUPS: Final = {
    resolution: of_rollups(resolution)
    for resolution in Resolution
    if resolution is not Resolution.RAW
}
LENGTHS: Final = {
    Resolution.MINUTES: timedelta(minutes=1),
    Resolution.HOURS: timedelta(hours=1),
    Resolution.DAYS: timedelta(days=1),
}
COUNT: Final = text(
    """
    SELECT count(*) FROM (
        SELECT FROM readings WHERE channel_id = :channel_id AND at >= :since AND at < :until
        LIMIT :limit) AS found
    """
)
SPANS_MAX: Final = 2_000
PHASES: Final = text(
    """
    WITH marked AS (
        SELECT at, value, lag(value) OVER (ORDER BY at) AS before FROM readings
        WHERE channel_id = :channel_id AND at >= :since AND at < :until AND value IS NOT NULL
    )
    SELECT at, value FROM marked WHERE value IS DISTINCT FROM before ORDER BY at LIMIT :limit
    """
)


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    low: float | None
    mean: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """One channel over a span, in buckets; `bucket` zero means every single reading."""

    metric: str
    unit: str
    bucket: timedelta
    points: tuple[Point, ...]


def find_channel(session: Session, device_id: DeviceId, metric: str) -> Channel:
    channel = session.scalar(
        select(Channel).where(Channel.device_id == device_id, Channel.name == metric)
    )
    if channel is None:
        raise MetricNotFound
    return channel


def read_series(
    session: Session,
    device_id: DeviceId,
    metric: str,
    *,
    since: datetime,
    until: datetime,
    points_max: int,
    now: datetime,
) -> Series:
    """Return a channel over a span, at the resolution a chart of so many points can show."""
    channel = find_channel(session, device_id, metric)
    values = {"channel_id": channel.id, "since": since, "until": until}
    bucket = choose_bucket(until - since, points_max)
    if bucket < timedelta(minutes=1):
        count = session.scalar(COUNT, {**values, "limit": points_max + 1}) or 0
        if count <= points_max:
            rows = session.execute(RAW, {**values, "limit": points_max})
            return Series(metric, channel.unit, timedelta(0), tuple(Point(*row) for row in rows))
    resolution = choose_resolution(bucket)
    values |= {"bucket": bucket, "origin": ORIGIN}
    if resolution is Resolution.RAW:
        rows = session.execute(BUCKETS, values)
    else:
        # The bucket that is going on is made of single readings, or it would be half.
        pending = pending_since(session, now=now)
        length = LENGTHS[resolution]
        edge = ORIGIN + (pending - ORIGIN) // length * length
        rows = session.execute(OF_ROLLUPS[resolution], {**values, "edge": edge})
    return Series(metric, channel.unit, bucket, tuple(Point(*row) for row in rows))


@dataclass(frozen=True, slots=True)
class PhaseSpan:
    """A time in one phase; it lasts until the next, or is still going on."""

    phase: int
    starts_at: datetime
    ends_at: datetime | None


def read_phases(
    session: Session, device_id: DeviceId, *, since: datetime, until: datetime
) -> list[PhaseSpan]:
    """Return the phases a device went through, as its own `phase` says."""
    channel = session.scalar(
        select(Channel.id).where(Channel.device_id == device_id, Channel.name == "phase")
    )
    if channel is None:
        return []
    before = session.execute(
        text(
            "SELECT CAST(:since AS timestamptz), value FROM readings"
            " WHERE channel_id = :channel_id AND at < :since AND at > :since - interval '7 days'"
            " AND value IS NOT NULL ORDER BY at DESC LIMIT 1"
        ),
        {"channel_id": channel, "since": since},
    ).all()
    within = session.execute(
        PHASES, {"channel_id": channel, "since": since, "until": until, "limit": SPANS_MAX}
    ).all()
    changes = [(at, int(value)) for at, value in [*before, *within]]
    spans: list[PhaseSpan] = []
    for index, (at, phase) in enumerate(changes):
        ends_at = changes[index + 1][0] if index + 1 < len(changes) else None
        if spans and spans[-1].phase == phase:
            spans[-1] = PhaseSpan(phase, spans[-1].starts_at, ends_at)
        else:
            spans.append(PhaseSpan(phase, at, ends_at))
    return spans


PAGE: Final = text(
    """
    SELECT at, value, quality, received_at FROM readings
    WHERE channel_id = :channel_id AND at > :after AND at < :until
    ORDER BY at LIMIT :limit
    """
)
EXPORT_PAGE: Final = 10_000
EXPORT_MAX: Final = 1_000_000
CSV_COLUMNS: Final = ("at", "value", "quality", "received_at")


def write_csv(
    session_factory: SessionFactory,
    device_id: DeviceId,
    metric: str,
    *,
    since: datetime,
    until: datetime,
) -> Iterator[str]:
    """Yield the lines of an export, a page of rows at a time.

    Each page is a transaction of its own: a slow reader must not hold one open.
    """
    yield ",".join(CSV_COLUMNS) + "\r\n"
    with session_factory() as session:
        channel_id = find_channel(session, device_id, metric).id
    after, left = since - timedelta(microseconds=1), EXPORT_MAX
    while left > 0:
        with session_factory() as session:
            rows = session.execute(
                PAGE,
                {
                    "channel_id": channel_id,
                    "after": after,
                    "until": until,
                    "limit": min(EXPORT_PAGE, left),
                },
            ).all()
        if not rows:
            return
        yield "".join(
            f"{at.isoformat()},{'' if value is None else repr(value)},"
            f"{QUALITIES.get(quality, 'bad')},{received_at.isoformat()}\r\n"
            for at, value, quality, received_at in rows
        )
        after = rows[-1][0]
        left -= len(rows)
