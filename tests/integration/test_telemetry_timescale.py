"""What TimescaleDB does for the readings, asked of a server that has it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import Engine, text

from foundation.clock import read_clock
from foundation.database import make_engine, make_session_factory
from jobs import make_partitions, retire_readings, roll_up_readings
from telemetry.devices.service import MetricDeclared, store_birth
from telemetry.readings.queries import read_series
from telemetry.readings.service import store_readings
from tests import make

pytestmark = [pytest.mark.timescale, pytest.mark.committed]

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ROLLUPS = ("reading_minutes", "reading_hours", "reading_days")


@pytest.fixture
def store(empty_database_url: str) -> Iterator["Store"]:
    engine = make_engine(empty_database_url, application_name="tests")
    try:
        with engine.connect() as connection:
            if not connection.scalar(
                text("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'")
            ):
                pytest.skip("the server has no TimescaleDB; YIXIANG_TEST_DATABASE_URL names one")
            if connection.scalar(text("SHOW timescaledb.license")) == "apache":
                pytest.skip("this build of TimescaleDB has no columnstore and no aggregates")
        with psycopg.connect(empty_database_url, autocommit=True) as raw:
            yield Store(engine, raw)
    finally:
        engine.dispose()


class Store:
    """One device's power in a database of its own."""

    def __init__(self, engine: Engine, raw: psycopg.Connection) -> None:
        self.sessions, self.raw = make_session_factory(engine), raw
        with self.sessions.begin() as session:
            self.device_id = make.device(session, institution=make.institution(session)).id
        keys = store_birth(
            raw,
            self.device_id,
            boot="b",
            firmware="",
            model="",
            metrics=[MetricDeclared(1, "power_w", "W", "f")],
            received_at=datetime(2020, 1, 1, tzinfo=UTC),
        )
        self.channel_id = keys[1]

    def take(self, start: datetime, values: Mapping[float, float]) -> None:
        """Store values at minutes after the start."""
        at_ms = int(start.timestamp() * 1000)
        rows = sorted(
            (self.channel_id, at_ms + int(minute * 60_000), value, 0, at_ms)
            for minute, value in values.items()
        )
        with self.raw.transaction():
            store_readings(self.raw, rows)

    def ask(self, query: str) -> list[tuple[object, ...]]:
        return self.raw.execute(query.encode()).fetchall()

    def refresh(self) -> None:
        for name in ROLLUPS:
            self.raw.execute(f"CALL refresh_continuous_aggregate('{name}', NULL, NULL)".encode())


def start_of_day(*, ago: timedelta) -> datetime:
    return (read_clock() - ago).replace(hour=0, minute=0, second=0, microsecond=0)


def test_readings_are_a_hypertable_of_days_compressed_after_two_weeks(store: Store) -> None:
    assert store.ask(
        "SELECT time_interval FROM timescaledb_information.dimensions"
        " WHERE hypertable_name = 'readings'"
    ) == [(DAY,)]
    assert store.ask(
        "SELECT config ->> 'compress_after' FROM timescaledb_information.jobs"
        " WHERE hypertable_name = 'readings' AND proc_name = 'policy_compression'"
    ) == [("14 days",)]


def test_aggregates_are_real_time_and_refresh_late_data(store: Store) -> None:
    assert store.ask(
        "SELECT view_name, materialized_only FROM timescaledb_information.continuous_aggregates"
        " ORDER BY view_name"
    ) == [("reading_days", False), ("reading_hours", False), ("reading_minutes", False)]
    refreshed = store.ask(
        "SELECT config ->> 'start_offset' FROM timescaledb_information.jobs"
        " WHERE proc_name = 'policy_refresh_continuous_aggregate'"
    )
    assert refreshed == [("91 days",)] * 3, "what comes up to a quarter late is rolled up"


def test_rollups_hold_what_came_after_the_last_refresh(store: Store) -> None:
    start = start_of_day(ago=3 * DAY)
    store.take(start, {0: 1.0, 1: 3.0})
    store.refresh()

    store.take(start + DAY, {0: 10.0})

    found = store.ask("SELECT at, total FROM reading_hours ORDER BY at")
    assert found == [(start, 4.0), (start + DAY, 10.0)]


def test_late_readings_enter_a_compressed_day_once(store: Store) -> None:
    start = start_of_day(ago=20 * DAY)
    store.take(start, dict.fromkeys(range(120), 1.0))
    store.refresh()
    for (chunk,) in store.ask("SELECT show_chunks('readings')::text"):
        store.raw.execute("CALL convert_to_columnstore(%s::regclass)", [chunk])
    assert store.ask(
        "SELECT is_compressed FROM timescaledb_information.chunks"
        " WHERE hypertable_name = 'readings'"
    ) == [(True,)]

    # The second half again, as a gateway sends it that heard no acknowledgement, and more.
    store.take(start, dict.fromkeys(range(60, 120), 1.0) | {90.5: 61.0})
    store.refresh()

    assert store.ask("SELECT count(*), sum(value) FROM readings") == [(121, 181.0)]
    with store.sessions() as session:
        series = read_series(
            session,
            store.device_id,
            "power_w",
            since=start,
            until=start + DAY,
            points_max=24,
            now=read_clock(),
        )
    assert [(p.low, p.mean, p.high) for p in series.points] == [
        (1.0, 1.0, 1.0),
        (1.0, 121 / 61, 61.0),
    ]


def test_day_of_the_rollups_begins_at_midnight_in_china(store: Store) -> None:
    midnight = start_of_day(ago=3 * DAY) + 16 * HOUR
    store.take(midnight, {-1: 1.0, 0: 2.0})

    found = store.ask("SELECT at, total FROM reading_days ORDER BY at")

    assert found == [(midnight - DAY, 1.0), (midnight, 2.0)]


def test_readings_are_dropped_after_a_year_and_their_rollups_stay(store: Store) -> None:
    old, young = start_of_day(ago=400 * DAY), start_of_day(ago=30 * DAY)
    store.take(old, {0: 5.0})
    store.take(young, {0: 7.0})
    store.refresh()

    outcome = retire_readings.run(store.sessions, read_clock())

    assert (outcome.found, outcome.changed) == (1, 1)
    assert store.ask("SELECT at, value FROM readings") == [(young, 7.0)]
    assert store.ask("SELECT total FROM reading_days ORDER BY at") == [(5.0,), (7.0,)]


def test_jobs_leave_to_timescaledb_what_it_does_itself(store: Store) -> None:
    store.take(start_of_day(ago=DAY), {0: 5.0})

    for job in (make_partitions, roll_up_readings):
        outcome = job.run(store.sessions, read_clock())
        assert (outcome.found, outcome.changed) == (0, 0), job.__name__
