"""`yixiang bench ingest`: from QoS 1 publishes, through a real broker, to committed rows.

The stream is written beforehand and sent by a bare publisher, so that what is measured is
the broker, the ingest process and the database. The reference, in the same run: the same
stream into a paho subscriber that does nothing; with `--batch`, binary COPY of the same rows.
"""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import Annotated, Final

import httpx
import msgspec
import psutil
import psycopg
import typer
from sqlalchemy.orm import Session

from cli.embedded.accounts import BrokerAccount, new_password
from cli.embedded.postgres import find_free_port
from cli.measuring import AsJson, Figures, report, scratch_broker, scratch_database
from cli.publisher import Publisher
from directory.institutions.tables import Institution
from foundation.clock import read_clock
from foundation.database import make_engine
from gateways.mqtt.batch import as_instant
from gateways.mqtt.receiver import Broker
from telemetry.devices.tables import Device

PROJECT: Final = Path(__file__).resolve().parent.parent.parent
DEVICES: Final = 100
CHANNELS: Final = 10
ROUNDS: Final = 3
LATENCY_RATE: Final = 10_000
LATENCY_S: Final = 10
SINGLE_GOAL: Final = 20_000
BATCHED_GOAL: Final = 80_000
LATENCY_GOAL_MS: Final = 100
MEMORY_GOAL_MB: Final = 200
PAUSE: Final = Event()

# A subscriber that does nothing: stock paho, acknowledging on receipt.
BARE: Final = """
import sys, time
import paho.mqtt.client as paho
url, port, name, password, wanted = sys.argv[1], int(sys.argv[2]), *sys.argv[3:5], int(sys.argv[5])
count = 0
def take(client, userdata, message):
    global count
    count += 1
    if count == wanted:
        print("last", time.time(), flush=True)
client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="bench-bare", clean_session=True)
client.username_pw_set(name, password)
client.on_message = take
client.on_subscribe = lambda *_: print("ready", flush=True)
client.on_connect = lambda client, *_: client.subscribe("lab/1/+/m", 1)
client.connect(url, port)
client.loop_forever()
"""


def run(
    *,
    messages: Annotated[int, typer.Option(min=1_000, help="How many a round.")] = 200_000,
    batch: Annotated[int, typer.Option(min=1, max=200, help="Values a message.")] = 1,
    workers: Annotated[
        int,
        typer.Option(min=0, max=8, help="Processes for measurements; 0: one, two for a batch."),
    ] = 0,
    commit: Annotated[int, typer.Option(min=1, max=20_000, help="Messages a commit.")] = 2_000,
    latency: Annotated[bool, typer.Option(help="Also measure at 10,000 a second.")] = True,
    as_json: AsJson = False,
) -> None:
    """Measure messages a second from publish to commit."""
    with ExitStack() as stack:
        # One value a message keeps the broker busiest; ten keep whoever decodes and stores them.
        crew = workers or (2 if batch > 1 else 1)
        bench = Bench(stack, batch=batch, workers=crew, commit=commit)
        figures = bench.measure(messages, with_latency=latency and batch == 1)
    report(figures, as_json=as_json)


class Bench:
    """One database, one broker, and what runs between them."""

    def __init__(self, stack: ExitStack, *, batch: int, workers: int, commit: int) -> None:
        self._batch = batch
        self._workers = workers
        self._commit = commit
        load = BrokerAccount("load", new_password(), ("lab/1/+/m", "lab/1/+/birth"), ())
        self._database_url = stack.enter_context(scratch_database())
        broker = stack.enter_context(scratch_broker([load]))
        self.broker_name = broker.name
        self._load = Broker.parse(broker.url("load"))
        self._platform_url = broker.url("yixiang")
        self._database = stack.enter_context(psycopg.connect(self._database_url, autocommit=True))
        self._round = 0
        self._seqs = [0] * DEVICES
        self._metrics_port = 0
        self._rss_mb = self._p99_ms = 0.0
        plant_devices(self._database_url)

    def measure(self, messages: int, *, with_latency: bool) -> Figures:
        more: dict[str, object] = {"broker": self.broker_name, "workers": self._workers}
        with self._ingesting() as processes:
            self._publish_births()
            ours = max(self._time_ours(messages) for _ in range(ROUNDS))
            self._rss_mb = max(memory_mb(pid) for pid in processes)
            more["rss_mb"] = round(self._rss_mb)
            if with_latency:
                more |= self._measure_latency()
        if self._batch == 1:
            reference = max(self._time_bare(messages) for _ in range(ROUNDS))
            more["goals"] = (
                f"{SINGLE_GOAL} messages/s, p99 < {LATENCY_GOAL_MS} ms at {LATENCY_RATE}/s,"
                f" {MEMORY_GOAL_MB} MB"
            )
            return Figures(
                name="ingest",
                ours=ours,
                reference=reference,
                unit="messages/s",
                goal=0.8,
                is_met=ours >= 0.8 * reference
                and ours >= SINGLE_GOAL
                and self._p99_ms < LATENCY_GOAL_MS
                and self._rss_mb <= MEMORY_GOAL_MB,
                more=more,
            )
        rows = ours * self._batch
        reference = max(self._time_copy(messages * self._batch) for _ in range(ROUNDS))
        more["messages_per_s"] = round(ours)
        return Figures(
            name=f"ingest --batch {self._batch}",
            ours=rows,
            reference=reference,
            unit="rows/s",
            goal=0.3,
            is_met=rows >= 0.3 * reference and rows >= BATCHED_GOAL,
            more=more,
        )

    @contextmanager
    def _ingesting(self) -> Iterator[list[int]]:
        with ExitStack() as stack:
            pids = []
            self._metrics_port = find_free_port()
            command = [
                *(sys.executable, "-m", "cli", "ingest"),
                *("--batch", str(self._commit), "--metrics-port", str(self._metrics_port)),
            ]
            if self._workers > 1:
                command += ["--workers", str(self._workers)]
            child = stack.enter_context(
                child_process(
                    command,
                    YIXIANG_DATABASE_URL=self._database_url,
                    YIXIANG_BROKER_URL=self._platform_url,
                )
            )
            wait_for_line(child, b"ingest ready")
            pids.append(child.pid)
            pids += [one.pid for one in psutil.Process(child.pid).children(recursive=True)]
            yield pids

    def _publish_births(self) -> None:
        metrics = [
            {"k": key, "n": f"value_{key}", "u": "1", "t": "f"} for key in range(1, CHANNELS + 1)
        ]
        body = msgspec.json.encode({"s": 1, "boot": "bench", "fw": "1", "metrics": metrics})
        with Publisher(self._load, "bench-births") as publisher:
            publisher.publish(
                ((f"lab/1/{name}/birth".encode(), body) for name in names()), is_retained=True
            )
            publisher.drain()
        wait_until(lambda: self._scalar("SELECT count(*) FROM births") == DEVICES)

    def _time_ours(self, messages: int) -> float:
        stream = self._write_stream(messages)
        expected = self._accounted() + messages
        with Publisher(self._load, "bench-load") as publisher:
            started = time.monotonic()
            publisher.publish(stream)
            wait_until(lambda: self._accounted() >= expected, every_s=0.02)
            return messages / (time.monotonic() - started)

    def _time_bare(self, messages: int) -> float:
        stream = self._write_stream(messages)
        platform = Broker.parse(self._platform_url)
        command = [
            sys.executable, "-c", BARE, platform.host, str(platform.port),
            str(platform.username), str(platform.password), str(messages),
        ]  # fmt: skip
        with child_process(command) as child, Publisher(self._load, "bench-load") as publisher:
            wait_for_line(child, b"ready")
            started = read_clock().timestamp()
            publisher.publish(stream)
            line = wait_for_line(child, b"last")
            return messages / (float(line.split()[1]) - started)

    def _time_copy(self, rows: int) -> float:
        """COPY as many rows into a table of the same shape and key, by one connection."""
        now = read_clock()
        at_ms = int(now.timestamp() * 1000)
        data = [
            (number % (DEVICES * CHANNELS), at_ms - number // (DEVICES * CHANNELS), 1.5, 0, at_ms)
            for number in range(rows)
        ]
        typed = [(c, as_instant(at), value, q, as_instant(r)) for c, at, value, q, r in data]
        self._database.execute("DROP TABLE IF EXISTS copied")
        self._database.execute("CREATE TABLE copied (LIKE readings INCLUDING ALL)")
        started = time.monotonic()
        with (
            self._database.transaction(),
            self._database.cursor() as cursor,
            cursor.copy("COPY copied FROM STDIN (FORMAT binary)") as copy,
        ):
            copy.set_types(["int8", "timestamptz", "float8", "int2", "timestamptz"])
            for row in typed:
                copy.write_row(row)
        took = time.monotonic() - started
        self._database.execute("DROP TABLE copied")
        return rows / took

    def _measure_latency(self) -> dict[str, object]:
        """Publish at a fixed rate; from each message's own time to its commit."""
        count = LATENCY_RATE * LATENCY_S
        expected = self._accounted() + count
        self._round += 1
        place = iter(range(count))
        device_names = names()

        def make() -> tuple[bytes, bytes]:
            number = next(place)
            device = number % DEVICES
            return (
                f"lab/1/{device_names[device]}/m".encode(),
                payload(self._next_seq(device), time.time_ns() // 1_000_000, number // DEVICES, 1),
            )

        # Behind the ordered consumer's port answer the workers, who take the measurements.
        first = self._metrics_port
        ports = range(first + 1, first + 1 + self._workers) if self._workers > 1 else [first]
        before = lag_counts(ports)
        with Publisher(self._load, "bench-latency") as publisher:
            publisher.publish_at(LATENCY_RATE, make, count=count, wait=PAUSE.wait)
        wait_until(lambda: self._accounted() >= expected)
        after = lag_counts(ports)
        counts = {edge: after[edge] - before[edge] for edge in after}
        self._p99_ms = quantile_ms(counts, 0.99)
        return {"p50_ms_at_10k": quantile_ms(counts, 0.5), "p99_ms_at_10k": self._p99_ms}

    def _write_stream(self, messages: int) -> list[tuple[bytes, bytes]]:
        """Write a round's messages: all devices in turn, each channel at its own times."""
        start_ms = int(read_clock().timestamp() * 1000) - 3_600_000 + self._round * 300_000
        self._round += 1
        topics = [f"lab/1/{name}/m".encode() for name in names()]
        return [
            (
                topics[number % DEVICES],
                payload(
                    self._next_seq(number % DEVICES),
                    start_ms + number // DEVICES * self._batch,
                    number // DEVICES,
                    self._batch,
                ),
            )
            for number in range(messages)
        ]

    def _next_seq(self, device: int) -> int:
        self._seqs[device] += 1
        return self._seqs[device]

    def _accounted(self) -> int:
        """Count what is committed, without disturbing what is measured."""
        return self._scalar(
            "SELECT coalesce(sum(upper(received) - 1), 0)::bigint FROM boot_sequences"
        )

    def _scalar(self, query: str) -> int:
        row = self._database.execute(query.encode()).fetchone()
        assert row is not None, "one row was asked for"
        return int(row[0])


def names() -> list[str]:
    return [f"bench-{number:03}" for number in range(DEVICES)]


def payload(seq: int, ts: int, number: int, values: int) -> bytes:
    """Write one message as devices do; formatting is all it costs."""
    if values == 1:
        return b'{"s":1,"boot":"bench","seq":%d,"ts":%d,"m":[{"k":%d,"v":%d.25}]}' % (
            seq,
            ts,
            number % CHANNELS + 1,
            number % 1000,
        )
    parts = b",".join(
        b'{"k":%d,"v":%d.25,"dt":%d}' % (place % CHANNELS + 1, number % 1000, place // CHANNELS)
        for place in range(values)
    )
    return b'{"s":1,"boot":"bench","seq":%d,"ts":%d,"m":[%s]}' % (seq, ts, parts)


def plant_devices(url: str) -> None:
    engine = make_engine(url)
    now = read_clock()
    with Session(engine) as session, session.begin():
        institution = Institution(name_zh="测", name_en="Bench", created_at=now)
        session.add(institution)
        session.flush()
        session.add_all(
            Device(
                name=name,
                institution_id=institution.id,
                model="bench",
                protocol="mqtt",
                gateway=None,
                registered_at=now,
            )
            for name in names()
        )
    engine.dispose()


@contextmanager
def child_process(command: list[str], **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(  # noqa: S603 - our own program
        command,
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_for_line(child: subprocess.Popen[bytes], words: bytes) -> bytes:
    """Read what a child says until it says this."""
    assert child.stdout is not None, "piped"
    said = []
    for line in child.stdout:
        said.append(line)
        if words in line:
            return line
    raise RuntimeError(b"".join(said[-20:]).decode(errors="replace"))


def wait_until(
    condition: Callable[[], bool], *, limit_s: float = 300, every_s: float = 0.05
) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the benchmark did not get there")
        PAUSE.wait(every_s)


def lag_counts(ports: Iterable[int]) -> Counter[float]:
    """Ask the ingest processes how many readings were committed within how long."""
    counts: Counter[float] = Counter()
    for port in ports:
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10)
        for line in answer.text.splitlines():
            found = re.fullmatch(r'yixiang_ingest_lag_seconds_bucket\{le="([^"]+)"\} (.+)', line)
            if found:
                counts[float(found[1])] += int(float(found[2]))
    return counts


def quantile_ms(counts: Mapping[float, float], share: float) -> float:
    """Return the edge below which this share lies: the figure is at most that."""
    total = counts[float("inf")]
    assert total, "nothing was counted"
    edge = next(edge for edge in sorted(counts) if counts[edge] >= share * total)
    return edge * 1000


def memory_mb(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 2**20
