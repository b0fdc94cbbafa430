"""Rollups say what the readings say, late ones included."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId
from telemetry.devices.service import MetricDeclared, store_birth
from telemetry.readings.queries import Series, read_series
from telemetry.readings.service import DAY_MS, ensure_partitions, store_readings
from telemetry.rollups.service import as_spans, is_ours, mark, merge, roll_up
from tests import make

START = datetime(2030, 1, 1, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)
NOW = START + timedelta(days=10)
MINUTE_MS = 60_000


@pytest.fixture
def raw(connection: Connection) -> psycopg.Connection:
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


@pytest.fixture
def channel(session: Session, raw: psycopg.Connection) -> tuple[DeviceId, int]:
    device = make.device(session, institution=make.institution(session))
    keys = store_birth(
        raw,
        device.id,
        boot="b",
        firmware="",
        model="",
        metrics=[MetricDeclared(1, "power_w", "W", "f")],
        received_at=START,
    )
    return device.id, keys[1]


def store(raw: psycopg.Connection, channel_id: int, values: Sequence[tuple[int, float]]) -> None:
    """Store values at minutes after the start, as the writer does."""
    rows = sorted(
        (channel_id, START_MS + minute * MINUTE_MS, value, 0, START_MS) for minute, value in values
    )
    ensure_partitions(raw, {row[1] // DAY_MS for row in rows})
    store_readings(raw, rows)
    mark(raw, (row[1] for row in rows))


def bring_up_to_date(session: Session) -> int | None:
    """Roll up where that is ours to do; TimescaleDB's aggregates are real-time."""
    return roll_up(session, now=NOW) if is_ours(session) else None


@pytest.fixture
def ours(session: Session) -> None:
    if not is_ours(session):
        pytest.skip("rollups are TimescaleDB's own here")


def series(session: Session, device_id: DeviceId, days: int, points: int) -> Series:
    return read_series(
        session,
        device_id,
        "power_w",
        since=START,
        until=START + timedelta(days=days),
        points_max=points,
        now=NOW,
    )


def test_rollups_by_hour_and_by_day_say_what_the_readings_say(
    session: Session, raw: psycopg.Connection, channel: tuple[DeviceId, int]
) -> None:
    device_id, channel_id = channel
    # Two days of a value a minute: the minute of its hour.
    store(raw, channel_id, [(minute, float(minute % 60)) for minute in range(2 * 1440)])

    assert bring_up_to_date(session) in {2 * 1440, None}

    by_hour = series(session, device_id, days=2, points=48)
    assert by_hour.bucket == timedelta(hours=1)
    assert {(p.low, p.mean, p.high) for p in by_hour.points} == {(0.0, 29.5, 59.0)}
    assert len(by_hour.points) == 48
    by_day = session.execute(text("SELECT sum(readings), sum(total) FROM reading_days")).one()
    assert by_day == (2880, 2880 * 29.5)


def test_late_reading_changes_the_rollups_it_belongs_to(
    session: Session, raw: psycopg.Connection, channel: tuple[DeviceId, int]
) -> None:
    device_id, channel_id = channel
    store(raw, channel_id, [(minute, 1.0) for minute in range(180)])
    bring_up_to_date(session)
    raw.execute(
        "INSERT INTO readings VALUES (%s, %s, 61, 2, now())",
        [channel_id, START + timedelta(minutes=60, seconds=30)],
    )
    mark(raw, [START_MS + 60 * MINUTE_MS + 30_000])

    assert bring_up_to_date(session) in {1, None}

    hours = series(session, device_id, days=1, points=24).points
    assert [(p.mean, p.high) for p in hours] == [(1.0, 1.0), (121 / 61, 61.0), (1.0, 1.0)]


def test_what_is_not_rolled_up_yet_is_shown_all_the_same(
    session: Session, raw: psycopg.Connection, channel: tuple[DeviceId, int]
) -> None:
    device_id, channel_id = channel
    soon = START + timedelta(hours=3)
    store(raw, channel_id, [(minute, 5.0) for minute in range(180)])

    found = read_series(
        session,
        device_id,
        "power_w",
        since=START,
        until=soon,
        points_max=180,
        now=soon,
    )

    assert found.bucket == timedelta(minutes=1)
    assert len(found.points) == 180
    if is_ours(session):
        assert session.scalar(text("SELECT count(*) FROM reading_minutes")) == 0


@pytest.mark.usefixtures("ours")
def test_minute_that_is_going_on_waits(
    session: Session, raw: psycopg.Connection, channel: tuple[DeviceId, int]
) -> None:
    store(raw, channel[1], [(0, 1.0)])

    before = roll_up(session, now=START + timedelta(seconds=59))
    after = roll_up(session, now=START + timedelta(seconds=66))

    assert (before, after) == (0, 1)


def test_scattered_minutes_become_few_spans() -> None:
    assert as_spans({1, 2, 3, 7}) == [(1, 3), (7, 7)]
    assert as_spans(set(range(0, 100, 2))) == [(0, 98)]
    assert merge([(START, NOW), (START + timedelta(days=1), NOW + timedelta(days=1))]) == [
        (START, NOW + timedelta(days=1))
    ]
