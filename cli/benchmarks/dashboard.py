"""`yixiang bench dashboard`: all devices at a glance, and one channel's week out of many readings.

The dashboard is the whole answer of `GET /devices`, as bytes. The references, in the same run:
its rows fetched by bare psycopg, and the week read from the single readings by one statement.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import psycopg
import typer
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.device_wall import write_page
from cli.measuring import AsJson, Figures, report, scratch_database
from directory.institutions.tables import Institution
from foundation.clock import read_clock
from foundation.database import make_engine
from foundation.identifiers import DeviceId
from telemetry.devices.tables import Channel, Device
from telemetry.readings.queries import BUCKETS, ORIGIN, read_series
from telemetry.readings.service import DAY_MS, ensure_partitions

DEVICES: Final = 1_000
CHANNELS_EACH: Final = 10
SERIES_CHANNELS: Final = 1_000
WEEK: Final = timedelta(days=7)
ROUNDS: Final = 15
DEVICES_GOAL_MS: Final = 100
WEEK_GOAL_MS: Final = 200
POINTS: Final = 600


def run(
    *,
    readings: Annotated[
        int, typer.Option(min=100_000, help="How many single readings; the goal is 100,000,000.")
    ] = 10_000_000,
    as_json: AsJson = False,
) -> None:
    """Measure the wall of devices and a week's chart."""
    with ExitStack() as stack:
        url = stack.enter_context(scratch_database())
        engine = make_engine(url)
        stack.callback(engine.dispose)
        connection = stack.enter_context(psycopg.connect(url, autocommit=True))
        until = read_clock().replace(hour=0, minute=0, second=0, microsecond=0)
        plant(engine, connection)
        took_s = fill(connection, readings, until)
        report(measure(engine, connection, readings, until, took_s), as_json=as_json)


def plant(engine: Engine, connection: psycopg.Connection[Any]) -> None:
    now = read_clock()
    with Session(engine) as session, session.begin():
        institution = Institution(name_zh="测", name_en="Bench", created_at=now)
        session.add(institution)
        session.flush()
        devices = [
            Device(
                name=f"bench-{number:04}",
                institution_id=institution.id,
                model="bench",
                protocol="mqtt",
                gateway=None,
                registered_at=now,
            )
            for number in range(DEVICES)
        ]
        session.add_all(devices)
        session.flush()
        session.add_all(
            Channel(device_id=device.id, name=f"value_{number}", unit="1", kind="f")
            for device in devices
            for number in range(CHANNELS_EACH)
        )
    connection.execute(
        """
        INSERT INTO device_states
            (device_id, boot, online, op, mode, session, at, received_at, seen_at)
        SELECT id, 'b', true, 'executing', 'processing', NULL, now(), now(), now() FROM devices
        """
    )
    connection.execute("INSERT INTO latest_readings SELECT id, now(), id, 0, now() FROM channels")


def fill(connection: psycopg.Connection[Any], readings: int, until: datetime) -> float:
    """Fill a week of readings, evenly, and its rollups."""
    started = time.monotonic()
    each = readings // SERIES_CHANNELS
    step = WEEK / each
    first = int((until - WEEK).timestamp() * 1000) // DAY_MS
    with connection.transaction():
        ensure_partitions(connection, range(first, first + 8))
    connection.execute("SET statement_timeout = 0")
    for day in range(7):
        since = until - WEEK + timedelta(days=day)
        connection.execute(
            """
            INSERT INTO readings (channel_id, at, value, quality, received_at)
            SELECT channel, at, 20 + channel %% 7 + 10 * random(), 0, at
            FROM generate_series(1, %s) AS channel,
                 generate_series(%s::timestamptz, %s - interval '1 microsecond', %s) AS at
            """,
            [SERIES_CHANNELS, since, since + timedelta(days=1), step],
        )
    connection.execute(
        """
        INSERT INTO reading_minutes (channel_id, at, low, high, total, readings)
        SELECT channel_id, date_bin('1 minute', at, '2000-01-03 00:00+08'),
               min(value), max(value), sum(value), count(*)
        FROM readings GROUP BY 1, 2
        """
    )
    connection.execute("VACUUM (ANALYZE) readings")
    connection.execute("ANALYZE")
    return time.monotonic() - started


def measure(
    engine: Engine,
    connection: psycopg.Connection[Any],
    readings: int,
    until: datetime,
    filled_s: float,
) -> Figures:
    with Session(engine) as session:
        devices_ms = timed(lambda: wall(session))
        bare_ms = timed(lambda: bare_devices(connection))
        row = connection.execute(
            "SELECT device_id, id FROM channels WHERE id <= %s ORDER BY id DESC LIMIT 1",
            [SERIES_CHANNELS],
        ).fetchone()
        assert row is not None
        device_id, channel_id = DeviceId(UUID(str(row[0]))), int(row[1])
        week_ms = timed(lambda: week(session, device_id, channel_id, until))
        raw_ms = timed(lambda: raw_week(connection, channel_id, until))
    stored = connection.execute("SELECT count(*) FROM readings").fetchone()
    size = connection.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
    pretty = size.fetchone()
    assert stored is not None
    assert pretty is not None
    return Figures(
        name="dashboard",
        ours=devices_ms,
        reference=bare_ms,
        unit="ms for 1,000 devices",
        goal=DEVICES_GOAL_MS,
        better="less",
        is_met=devices_ms < DEVICES_GOAL_MS and week_ms < WEEK_GOAL_MS,
        more={
            "goals": f"< {DEVICES_GOAL_MS} ms for the devices, < {WEEK_GOAL_MS} ms for the week",
            "week_ms": round(week_ms, 1),
            "week_from_single_readings_ms": round(raw_ms, 1),
            "week_ratio": round(week_ms / raw_ms, 3),
            "readings": stored[0],
            "readings_of_the_goal": f"{readings / 1e8:.0%} of 100,000,000",
            "database": pretty[0],
            "filled_in_s": round(filled_s),
        },
    )


def timed(work: Callable[[], object]) -> float:
    """Return the median of a few rounds, in milliseconds."""
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        took.append((time.perf_counter() - started) * 1000)
    return sorted(took)[ROUNDS // 2]


def wall(session: Session) -> int:
    """Make the answer to `GET /devices`, byte for byte."""
    return len(
        write_page(session, institution_id=None, after=None, limit=DEVICES, now=read_clock())
    )


def bare_devices(connection: psycopg.Connection[Any]) -> int:
    """Fetch the same rows, and make nothing of them."""
    states = connection.execute(
        "SELECT * FROM devices JOIN device_states ON device_id = id ORDER BY name LIMIT 1000"
    ).fetchall()
    values = connection.execute(
        """
        SELECT device_id, name, unit, value, at, quality, received_at
        FROM channels JOIN latest_readings ON channel_id = id
        """
    ).fetchall()
    return len(states) + len(values)


def week(session: Session, device_id: DeviceId, channel_id: int, until: datetime) -> int:
    metric = session.get_one(Channel, channel_id).name
    series = read_series(
        session,
        device_id,
        metric,
        since=until - WEEK,
        until=until,
        points_max=POINTS,
        now=until + timedelta(hours=1),
    )
    return len(series.points)


def raw_week(connection: psycopg.Connection[Any], channel_id: int, until: datetime) -> int:
    query = str(BUCKETS)
    for name in ("bucket", "origin", "channel_id", "since", "until"):
        query = query.replace(f":{name}", f"%({name})s")
    rows = connection.execute(
        query.encode(),
        {
            "bucket": timedelta(minutes=30),
            "origin": ORIGIN,
            "channel_id": channel_id,
            "since": until - WEEK,
            "until": until,
        },
    ).fetchall()
    return len(rows)
