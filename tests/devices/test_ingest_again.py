"""What was set aside is taken again, and measured days go the whole way to their runs."""

import csv
import gzip
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session, sessionmaker

from cli.publisher import Publisher
from foundation.database import make_engine
from gateways.mqtt.ingest import Ingest, IngestOptions
from gateways.mqtt.receiver import Broker
from jobs import detect_runs
from telemetry.quarantine.service import want_replay
from telemetry.runs.tables import Run
from telemetry.runs.watching import set_detection
from tests import make
from tests.ingesting import until
from tests.lab1 import Reporter, now_ms
from tests.servers import BrokerUnderTest

pytestmark = pytest.mark.committed

MEASURED_DAYS = [
    "dryer_gaps",
    *(
        pytest.param(name, marks=pytest.mark.full)
        for name in ("washer", "dishwasher", "dryer", "microwave", "freezer", "printer")
    ),
]
BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data" / "traces"
TRACES = Path(os.environ.get("YIXIANG_TRACES", BESIDE))


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[Engine]:
    engine = make_engine(empty_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def device(engine: Engine) -> str:
    name = f"dev-{uuid4().hex[:8]}"
    with Session(engine) as session, session.begin():
        make.device(session, institution=make.institution(session), name=name)
    return name


@pytest.fixture
def ingest(engine: Engine, broker: BrokerUnderTest) -> Iterator[Ingest]:
    options = IngestOptions(client_id=f"ingest-{uuid4().hex[:8]}")
    ingest = Ingest(engine, Broker.parse(broker.url("yixiang")), options)
    ingest.start()
    assert ingest.is_ready.wait(10)
    yield ingest
    ingest.stop()


@pytest.fixture
def publisher(broker: BrokerUnderTest, device: str) -> Iterator[Publisher]:
    with Publisher(Broker.parse(broker.gateway_url(device, [device])), device) as publisher:
        yield publisher


@pytest.fixture
def database(empty_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        yield connection


def count(database: psycopg.Connection, query: str) -> int:
    row = database.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.usefixtures("ingest")
def test_measurements_before_their_birth_are_taken_again_after_it(
    publisher: Publisher, device: str, database: psycopg.Connection
) -> None:
    reporter = Reporter(device)
    publisher.publish([reporter.measure(), reporter.measure()])
    waiting = f"SELECT count(*) FROM quarantine WHERE topic LIKE '%{device}%'"
    until(lambda: count(database, waiting) == 2, limit_s=20, what="set aside without a birth")
    assert count(database, "SELECT count(*) FROM readings") == 0

    publisher.publish([reporter.birth()], is_retained=True)
    readings = "SELECT count(*) FROM readings"
    until(lambda: count(database, readings) == 2, limit_s=20, what="taken again")

    assert count(database, f"{waiting} AND replayed_at IS NULL") == 0


@pytest.mark.usefixtures("ingest")
def test_what_is_refused_again_comes_back(
    engine: Engine, publisher: Publisher, device: str, database: psycopg.Connection
) -> None:
    publisher.publish([(f"lab/1/{device}/m".encode(), b"nonsense")])
    waiting = (
        f"SELECT count(*) FROM quarantine WHERE topic LIKE '%{device}%' AND replayed_at IS NULL"
    )
    until(lambda: count(database, waiting) == 1, limit_s=20, what="set aside")

    with Session(engine) as session, session.begin():
        wanted = want_replay(session, names=[device], now=datetime.now(UTC))
    again = f"{waiting} AND replay_wanted_at IS NULL"
    until(lambda: count(database, again) == 1, limit_s=20, what="set aside again")

    assert wanted == 1
    assert count(database, waiting) == 1


@pytest.mark.parametrize("name", MEASURED_DAYS)
@pytest.mark.usefixtures("ingest")
def test_measured_day_goes_the_whole_way_to_its_runs(
    *,
    name: str,
    engine: Engine,
    publisher: Publisher,
    device: str,
    database: psycopg.Connection,
) -> None:
    """As published: repeated, backwards and with gaps. Only moved into the last days."""
    if not (TRACES / "runs.json").exists():
        pytest.skip("the measured traces are not here; YIXIANG_TRACES names their folder")
    told = json.loads((TRACES / "runs.json").read_text(encoding="utf-8"))[name]
    with gzip.open(TRACES / f"{name}.csv.gz", "rt", encoding="utf-8") as file:
        day = [
            (datetime.strptime(at, "%d/%m/%Y %H:%M:%S").replace(tzinfo=UTC), float(power))
            for at, power, *_ in csv.reader(file, delimiter=";")
        ]
    midnight = datetime.fromtimestamp(now_ms() // 86_400_000 * 86_400, UTC) - timedelta(days=2)
    shift = midnight - min(at for at, _ in day).replace(hour=0, minute=0, second=0)
    reporter = Reporter(device)
    publisher.publish([reporter.birth()], is_retained=True)
    publisher.publish(
        reporter.numbered(
            "m",
            {
                "ts": int((part[0][0] + shift).timestamp() * 1000),
                "m": [
                    {"k": 1, "v": power, "dt": int((at - part[0][0]).total_seconds() * 1000)}
                    for at, power in part
                ],
            },
        )
        for part in (day[start : start + 200] for start in range(0, len(day), 200))
    )
    publisher.drain()
    distinct = len({at for at, _ in day})
    until(
        lambda: count(database, "SELECT count(*) FROM readings") == distinct,
        limit_s=60,
        what=f"{distinct} readings",
    )

    with Session(engine) as session, session.begin():
        set_detection(
            session,
            device,
            on_w=told["on_w"],
            off_w=told["on_w"],
            join_s=told["join_s"],
            min_s=told["min_s"],
        )
    for _ in range(2):
        assert detect_runs.run(sessionmaker(engine), datetime.now(UTC)).failed == 0

    with Session(engine) as session:
        runs = session.scalars(select(Run).order_by(Run.started_at)).all()
        assert session.scalar(text("SELECT count(*) FROM quarantine WHERE topic LIKE '%/m'")) == 0
    expected = [
        tuple(datetime.fromisoformat(edge).replace(tzinfo=UTC) + shift for edge in edges)
        for edges in told["runs"]
    ]
    assert len(runs) == len(expected)
    for run, (starts_at, ends_at) in zip(runs, expected, strict=True):
        assert abs(run.started_at - starts_at) <= timedelta(seconds=60)
        assert run.ended_at is not None
        assert abs(run.ended_at - ends_at) <= timedelta(seconds=60)
