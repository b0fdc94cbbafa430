"""After each fault: generated = stored ⊎ quarantined, by count and by sum, nothing twice."""

import os
import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.orm import Session

from cli.publisher import Publisher
from foundation.database import make_engine
from gateways.mqtt.ingest import Ingest, IngestOptions
from gateways.mqtt.receiver import Broker
from telemetry.invariants import INVARIANTS
from tests import make
from tests.faults.conftest import Database, Note, Row
from tests.faults.proxy import Proxy
from tests.ingesting import IngestProcess, until
from tests.lab1 import Message, Reporter, now_ms
from tests.servers import BrokerUnderTest

pytestmark = [pytest.mark.committed, pytest.mark.long, pytest.mark.full]

Trials = Callable[[int, int], int]


@dataclass
class Stream:
    """What was generated, so that it can be counted against what is there."""

    reporter: Reporter
    generated: int = 0

    def take(self, count: int) -> Iterator[Message]:
        self.generated += count
        return (self.reporter.measure() for _ in range(count))

    @property
    def total(self) -> int:
        return sum(number * 1000 for number in range(1, self.generated + 1))


def conserve(url: str, stream: Stream, *, limit_s: float = 60) -> tuple[int, int]:
    """Wait for the last to arrive; return how many were lost, and how many doubled.

    Every value is another number, so the sum tells what a count alone would not.
    """
    with psycopg.connect(url, autocommit=True) as database:

        def stored() -> tuple[int, int]:
            row = database.execute(
                "SELECT count(*), coalesce(sum(value), 0)::bigint FROM readings"
            ).fetchone()
            assert row is not None
            return int(row[0]), int(row[1])

        until(lambda: stored()[0] >= stream.generated, limit_s=limit_s, what=f"all, not {stored()}")
        count, total = stored()
        assert total == stream.total
        received = database.execute(
            "SELECT received::text FROM boot_sequences WHERE name = %s", [stream.reporter.device]
        ).fetchall()
        assert received == [(f"{{[1,{stream.generated + 1})}}",)]
        for name, query in INVARIANTS.items():
            assert database.execute(query.encode()).fetchall() == [], name
    return stream.generated - min(count, stream.generated), max(0, count - stream.generated)


def through(url: str, proxy: Proxy) -> str:
    parts = urlsplit(url)
    place = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{proxy.port}"
    return urlunsplit(parts._replace(netloc=place))


@pytest.fixture
def device() -> str:
    return f"dev-{uuid4().hex[:8]}"


@pytest.fixture
def publisher(broker: BrokerUnderTest, device: str) -> Iterator[Publisher]:
    with Publisher(Broker.parse(broker.gateway_url(device, [device])), device) as publisher:
        yield publisher


@pytest.fixture
def process(
    tmp_path: Path, own_database: Database, broker: BrokerUnderTest, device: str
) -> Iterator[IngestProcess]:
    own_database.make(device)
    process = IngestProcess(
        tmp_path,
        database_url=own_database.url,
        broker_url=broker.url("yixiang"),
        client_id=f"ingest-{device}",
        options=("--batch", "100"),
    )
    yield process
    process.stop()


@pytest.mark.parametrize(
    "point", ["before_insert", "after_insert", "after_commit", "after_acknowledge"]
)
def test_ingest_killed_at_a_point(
    *,
    point: str,
    process: IngestProcess,
    own_database: Database,
    publisher: Publisher,
    device: str,
    note: Note,
    trials: Trials,
) -> None:
    stream = Stream(Reporter(device))
    publisher.publish([stream.reporter.birth()], is_retained=True)
    chance = random.Random(point)
    times = trials(2, 50)

    for _ in range(times):
        process.start(kill_at=f"{point}:{chance.randint(1, 4)}")
        publisher.publish(stream.take(600))
        assert process.wait_for_death() == -signal.SIGKILL
    process.start()
    publisher.drain()

    lost, doubled = conserve(own_database.url, stream)
    note(Row(f"ingest killed {point}", times, lost, doubled, "conserved"))


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGKILL], ids=["immediate", "kill -9"])
def test_database_stopped_as_by_a_power_cut(
    *,
    number: signal.Signals,
    process: IngestProcess,
    own_database: Database,
    publisher: Publisher,
    device: str,
    note: Note,
    trials: Trials,
) -> None:
    stream = Stream(Reporter(device))
    process.start()
    publisher.publish([stream.reporter.birth()], is_retained=True)
    times = trials(1, 30)

    for _ in range(times):
        publisher.publish(stream.take(2_000))
        own_database.send(number)
        publisher.publish(stream.take(1_000))
        own_database.start()
    publisher.drain()

    lost, doubled = conserve(own_database.url, stream)
    note(Row(f"database ended by {number.name}", times, lost, doubled, "conserved"))


@pytest.mark.parametrize("how", ["cut", "cut at a random byte", "black hole"])
def test_way_to_the_database_broken(
    *,
    how: str,
    empty_database_url: str,
    broker: BrokerUnderTest,
    publisher: Publisher,
    device: str,
    note: Note,
    trials: Trials,
) -> None:
    engine = make_engine(empty_database_url)
    with Session(engine) as session, session.begin():
        make.device(session, institution=make.institution(session), name=device)
    engine.dispose()
    proxy = Proxy(urlsplit(empty_database_url).port or 0)
    broken = make_engine(through(empty_database_url, proxy))
    ingest = Ingest(
        broken,
        Broker.parse(broker.url("yixiang")),
        IngestOptions(client_id=f"ingest-{device}", batch_max=100, patience_s=2),
    )
    stop = Event()
    watch = Thread(target=ingest.watch, args=(stop,))
    stream = Stream(Reporter(device))
    chance = random.Random(how)
    times = trials(1, 20) if how == "black hole" else trials(5, 100)
    ingest.start()
    watch.start()
    assert ingest.is_ready.wait(20)
    try:
        publisher.publish([stream.reporter.birth()], is_retained=True)
        for _ in range(times):
            if how == "cut":
                publisher.publish(stream.take(300))
                proxy.cut()
            elif how == "black hole":
                publisher.publish(stream.take(300))
                proxy.is_black_hole = True
                publisher.publish(stream.take(300))
                until(lambda: len(ingest.inbox) > 0, limit_s=20, what="messages pile up")
                # The line stays up; what it swallowed is never answered.
                proxy.is_black_hole = False
            else:
                proxy.cut_after = chance.randint(1, 60_000)
                publisher.publish(stream.take(300))
            publisher.drain()
        proxy.cut_after = None
        lost, doubled = conserve(empty_database_url, stream)
    finally:
        stop.set()
        watch.join()
        ingest.stop()
        broken.dispose()
        proxy.close()
    note(Row(f"way to the database: {how}", times, lost, doubled, "conserved"))


def test_memory_stays_flat_while_the_database_is_away(
    process: IngestProcess, own_database: Database, publisher: Publisher, device: str, note: Note
) -> None:
    stream = Stream(Reporter(device))
    process.start()
    publisher.publish([stream.reporter.birth()], is_retained=True)
    publisher.publish(stream.take(1_000))
    publisher.drain()
    own_database.send(signal.SIGQUIT)

    publisher.publish(stream.take(60_000))
    publisher.drain()
    grown = resident_mb(process.pid)
    own_database.start()

    lost, doubled = conserve(own_database.url, stream)
    assert grown < 200
    note(Row("database away for 60,000 messages", 1, lost, doubled, f"{grown:.0f} MB"))


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.fixture
def local(
    empty_database_url: str, broker: BrokerUnderTest, device: str
) -> Iterator[psycopg.Connection]:
    """An ingest in this process, on a database of the test's own."""
    engine = make_engine(empty_database_url)
    with Session(engine) as session, session.begin():
        make.device(session, institution=make.institution(session), name=device)
    ingest = Ingest(
        engine,
        Broker.parse(broker.url("yixiang")),
        IngestOptions(client_id=f"ingest-{device}", batch_max=200),
    )
    ingest.start()
    assert ingest.is_ready.wait(20)
    with psycopg.connect(empty_database_url, autocommit=True) as database:
        yield database
    ingest.stop()
    engine.dispose()


def test_repeated_reordered_and_delayed_messages_leave_the_same_state(
    *,
    local: psycopg.Connection,
    publisher: Publisher,
    device: str,
    note: Note,
    trials: Trials,
) -> None:
    """A month's delay, each message up to three times, in any order."""
    month_ago = now_ms() - 30 * 86_400_000
    times = trials(3, 100)
    chance = random.Random(7)
    outcome = set()

    for turn in range(times):
        reporter = Reporter(device, boot=f"boot-{turn}", start_ms=month_ago)
        numbered = [reporter.measure() for _ in range(200)]
        for step, kind in enumerate(("start", "hb", "hb", "stop")):
            numbered.append(
                reporter.event(
                    kind,
                    session=f"s-{turn}",
                    run_ms=60_000 * step,
                    at_ms=month_ago + 60_000 * step,
                )
            )
        delivered = [message for message in numbered for _ in range(chance.randint(1, 3))]
        chance.shuffle(delivered)
        local.execute("TRUNCATE readings, reading_minutes")
        publisher.publish([reporter.birth()], is_retained=True)
        publisher.publish(delivered)
        publisher.drain()
        expected = f"{{[1,{reporter.seq + 1})}}"

        def is_there(boot: str = reporter.boot, expected: str = expected) -> bool:
            row = local.execute(
                "SELECT received::text FROM boot_sequences WHERE boot = %s", [boot]
            ).fetchone()
            return row is not None and row[0] == expected

        until(is_there, limit_s=30, what="every number accounted for")
        readings = local.execute("SELECT count(*), sum(value), min(at), max(at) FROM readings")
        run = local.execute(
            "SELECT state, metered_ms, coverage_permille, doubts::text, ended_at - started_at"
            " FROM runs WHERE session = %s",
            [f"s-{turn}"],
        )
        outcome.add((readings.fetchone(), run.fetchone()))

    assert len(outcome) == 1
    ((_, run_row),) = outcome
    assert run_row is not None
    assert run_row[:3] == ("closed", 180_000, 1000)
    note(Row("repeated, reordered, a month late", times, 0, 0, "same state each time"))


def test_poison_never_stops_the_stream(
    *,
    local: psycopg.Connection,
    publisher: Publisher,
    device: str,
    note: Note,
    trials: Trials,
) -> None:
    stream = Stream(Reporter(device))
    chance = random.Random(13)
    times = trials(300, 20_000)
    publisher.publish([stream.reporter.birth()], is_retained=True)
    poison = set()

    for number in range(times):
        good = stream.reporter.message("m", {"seq": 2**40 + number, "ts": now_ms(), "m": []})[1]
        spoiled = spoil(chance, good)
        poison.add(spoiled)
        publisher.publish([(f"lab/1/{device}/m".encode(), spoiled)])
        if number % 10 == 0:
            publisher.publish(stream.take(1))
    publisher.drain()

    def stored() -> int:
        row = local.execute("SELECT count(*) FROM readings").fetchone()
        return 0 if row is None else int(row[0])

    until(lambda: stored() == stream.generated, limit_s=60, what="every good one stored")
    row = local.execute(
        "SELECT count(*) FROM quarantine WHERE topic = %s", [f"lab/1/{device}/m"]
    ).fetchone()
    assert row is not None
    assert row[0] <= len(poison)
    assert row[0] > len(poison) * 0.7, "almost nothing that is spoiled can be understood"
    note(Row("poison from a fuzzer", times, 0, 0, f"{row[0]} of {len(poison)} kinds set aside"))


def spoil(chance: random.Random, good: bytes) -> bytes:
    """Damage a message: cut, flipped, repeated, or nonsense from the start."""
    match chance.randrange(6):
        case 0:
            return good[: chance.randrange(len(good))]
        case 1:
            place = chance.randrange(len(good))
            return good[:place] + bytes([good[place] ^ 0x80]) + good[place + 1 :]
        case 2:
            return good + good
        case 3:
            return chance.randbytes(chance.randrange(1, 200))
        case 4:
            return good.replace(b'"m":[]', b'"m":[{"k":1,"v":1e999}]')
        case _:
            return b'{"s":1,"boot":"\\u0000","seq":%d,"ts":%d,"m":[]}' % (
                chance.randrange(1, 2**62),
                chance.randrange(-(2**53), 2**53),
            )


def test_clock_that_jumps_is_set_aside_or_stored_but_never_guessed_at(
    *, local: psycopg.Connection, publisher: Publisher, device: str, note: Note
) -> None:
    reporter = Reporter(device)
    publisher.publish([reporter.birth()], is_retained=True)
    jumps = {"a day ahead": 86_400, "an hour back": -3_600, "4 min ahead": 240, "1970": -(10**9)}
    for seconds in jumps.values():
        at = max(0, now_ms() + seconds * 1000)
        publisher.publish([reporter.numbered("m", {"ts": at, "m": [{"k": 1, "v": seconds}]})])
    publisher.drain()

    def account() -> str:
        row = local.execute("SELECT received::text FROM boot_sequences").fetchone()
        return "" if row is None else str(row[0])

    until(lambda: account() == "{[1,5)}", limit_s=20, what="all accounted for")
    values = {row[0] for row in local.execute("SELECT value FROM readings")}
    reasons = local.execute(
        "SELECT reason FROM quarantine WHERE topic = %s", [f"lab/1/{device}/m"]
    ).fetchall()
    assert values == {-3_600, 240}
    assert sorted(reason for (reason,) in reasons) == ["out_of_time_window"] * 2
    assert datetime.now(UTC).year >= 2026
    note(Row("clock jumps", len(jumps), 0, 0, "2 stored, 2 set aside"))
