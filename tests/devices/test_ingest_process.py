"""The ingest process against a real broker and a real database, and its end by force."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.orm import Session

from cli.publisher import Publisher
from foundation.database import make_engine
from gateways.mqtt.receiver import Broker
from tests import make
from tests.ingesting import IngestProcess, until
from tests.lab1 import Reporter
from tests.servers import BrokerUnderTest

pytestmark = pytest.mark.committed


@pytest.fixture
def device(empty_database_url: str) -> str:
    name = f"dev-{uuid4().hex[:8]}"
    engine = make_engine(empty_database_url)
    with Session(engine) as session, session.begin():
        make.device(session, institution=make.institution(session), name=name)
    engine.dispose()
    return name


@pytest.fixture
def ingest(
    tmp_path: Path, empty_database_url: str, broker: BrokerUnderTest
) -> Iterator[IngestProcess]:
    process = IngestProcess(
        tmp_path,
        database_url=empty_database_url,
        broker_url=broker.url("yixiang"),
        client_id=f"ingest-{uuid4().hex[:8]}",
        options=("--batch", "200"),
    )
    yield process
    process.stop()


@pytest.fixture
def database(empty_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def publisher(broker: BrokerUnderTest, device: str) -> Iterator[Publisher]:
    address = Broker.parse(broker.gateway_url(device, [device]))
    with Publisher(address, device, window=200) as publisher:
        yield publisher


def count(database: psycopg.Connection, table: str) -> int:
    row = database.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def set_aside(database: psycopg.Connection, device: str) -> list[str]:
    """Why this device's messages were; the broker remembers other tests' devices, too."""
    rows = database.execute(
        "SELECT reason FROM quarantine WHERE topic LIKE %s ORDER BY reason", [f"%/{device}/%"]
    )
    return [reason for (reason,) in rows]


def has_rows(database: psycopg.Connection, table: str, at_least: int) -> bool:
    return count(database, table) >= at_least


@pytest.mark.early
def test_three_kills_in_mid_stream_lose_nothing_and_double_nothing(
    ingest: IngestProcess, database: psycopg.Connection, publisher: Publisher, device: str
) -> None:
    reporter = Reporter(device)
    ingest.start()
    publisher.publish([reporter.birth()], is_retained=True)

    for turn in range(3):
        publisher.publish(reporter.measure() for _ in range(2_000))
        few = 2_500 * turn + 200
        until(partial(has_rows, database, "readings", few), limit_s=20, what="some stored")
        ingest.kill()
        publisher.publish(reporter.measure() for _ in range(500))
        ingest.start()
    publisher.drain()
    until(lambda: count(database, "readings") >= 7_500, limit_s=30, what="all stored")

    assert set_aside(database, device) == []
    stored = database.execute("SELECT count(*), sum(value)::bigint FROM readings").fetchone()
    assert stored == (7_500, sum(number * 1000 for number in range(1, 7_501)))
    received = database.execute("SELECT received::text FROM boot_sequences").fetchall()
    assert received == [("{[1,7501)}",)]
    assert ingest.stop() == 0


@pytest.mark.early
@pytest.mark.parametrize(
    "point",
    [
        pytest.param("before_insert", marks=pytest.mark.full),
        pytest.param("after_insert", marks=pytest.mark.full),
        "after_commit",
    ],
)
def test_kill_at_a_named_point_loses_nothing(
    ingest: IngestProcess,
    database: psycopg.Connection,
    publisher: Publisher,
    device: str,
    point: str,
) -> None:
    reporter = Reporter(device)
    ingest.start(kill_at=f"{point}:3")
    publisher.publish([reporter.birth()], is_retained=True)
    publisher.publish(reporter.measure() for _ in range(300))
    publisher.publish([reporter.event("start", session="s-1", run_ms=0, at_ms=reporter.start_ms)])
    publisher.publish(reporter.measure() for _ in range(300))

    assert ingest.wait_for_death() == -9
    ingest.start()
    publisher.drain()

    until(lambda: count(database, "readings") >= 600, limit_s=20, what="all stored")
    assert count(database, "readings") == 600
    assert count(database, "device_events") == 1
    assert count(database, "runs") == 1
    assert set_aside(database, device) == []


def test_nonsense_is_set_aside_with_its_reason_and_acknowledged(
    ingest: IngestProcess,
    database: psycopg.Connection,
    publisher: Publisher,
    device: str,
) -> None:
    reporter = Reporter(device)
    ingest.start()
    publisher.publish([reporter.birth()], is_retained=True)
    publisher.publish([reporter.measure()])
    publisher.publish([(f"lab/1/{device}/m".encode(), b'{"s":1,"boot":')])
    publisher.publish([reporter.numbered("m", {"ts": "yesterday", "m": []})])
    publisher.publish([reporter.measure()])
    publisher.drain()

    until(lambda: count(database, "readings") == 2, limit_s=20, what="the good ones stored")
    until(lambda: len(set_aside(database, device)) == 2, limit_s=20, what="the bad ones kept")

    assert set_aside(database, device) == ["undecodable", "wrong_type"]
    # The unreadable one has no number; the other's counts as arrived.
    received = database.execute("SELECT received::text FROM boot_sequences").fetchall()
    assert received == [("{[1,4)}",)]
    # Nothing is left for the next start: all four were acknowledged.
    ingest.stop()
    database.execute("TRUNCATE readings, quarantine")
    ingest.start()
    publisher.publish([reporter.measure()])
    until(lambda: count(database, "readings") == 1, limit_s=20, what="the next one alone")
    assert set_aside(database, device) == []
