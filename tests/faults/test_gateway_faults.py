"""From the instrument's registers to the database, while what lies between is killed."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.orm import Session

from cli.embedded.broker import find_mosquitto
from cli.embedded.postgres import find_free_port
from cli.embedded.processes import wait_until
from foundation.database import make_engine
from telemetry.invariants import INVARIANTS
from tests import make
from tests.devices.field import Tensile, write_config
from tests.devices.modbus_server import Server, serving
from tests.faults.conftest import Note, Row
from tests.ingesting import PROJECT, IngestProcess, until

pytestmark = [
    pytest.mark.committed,
    pytest.mark.enable_socket,
    pytest.mark.long,
    pytest.mark.full,
    pytest.mark.timeout(600),
]

Trials = Callable[[int, int], int]
GATEWAY = (sys.executable, "-m", "cli", "gateway")
PERSISTENCE = {
    "off": "persistence false",
    "default": "persistence true",
    "on": "persistence true\nautosave_interval 1\nautosave_on_changes true",
}


@dataclass
class Mosquitto:
    """A broker that is killed as a power cut does it, and comes back on its port."""

    executable: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [str(self.executable), "-c", str(self.folder / "mosquitto.conf")],
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)
        self.process = None


@pytest.fixture
def mosquitto(request: pytest.FixtureRequest) -> Iterator[Mosquitto]:
    executable = find_mosquitto()
    if executable is None:
        pytest.skip("no mosquitto here")
    folder = Path(tempfile.mkdtemp(prefix="yixiang-mosquitto-"))
    port = find_free_port()
    user = "user root\n" if os.geteuid() == 0 else ""
    settings = PERSISTENCE[getattr(request, "param", "default")]
    (folder / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
        f"{user}{settings}\npersistence_location {folder}/\n",
        encoding="utf-8",
    )
    broker = Mosquitto(executable, folder, port)
    broker.start()
    yield broker
    if broker.process is not None:
        broker.kill()
    shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Gateway:
    """A `yixiang gateway` process that may be killed, and what it numbered."""

    config: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        self.starts += 1
        ready = self.config.with_name(f"ready-{self.starts}.json")
        with self.config.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen(
                [*GATEWAY, "--config", str(self.config), "--ready-file", str(ready)],
                cwd=PROJECT,
                stderr=log,
            )
        until(ready.exists, limit_s=30, what="the gateway's ready file")

    def end(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(20)
        self.process = None

    @property
    def spool(self) -> Path:
        return self.config.with_name("spool.sqlite")

    def given(self) -> dict[str, int]:
        """Return how many numbers it gave out in each boot."""
        with closing(sqlite3.connect(self.spool)) as db:
            return {
                boot: count - 1 for boot, count in db.execute("SELECT boot, next_seq FROM boot")
            }

    def kept(self) -> dict[str, set[int]]:
        """Return the numbers that are still in the spool, by boot."""
        found: dict[str, set[int]] = {}
        with closing(sqlite3.connect(self.spool)) as db:
            for boot, seq in db.execute(
                "SELECT boot, seq FROM outbox JOIN boot USING (device, generation)"
            ):
                found.setdefault(boot, set()).add(seq)
        return found


@dataclass
class Lab:
    """A tensile tester whose counter changes all the time, a gateway, a broker and ingest."""

    device: str
    database_url: str
    gateway: Gateway
    ingest: IngestProcess
    tensile: Tensile
    stopping: threading.Event = field(default_factory=threading.Event)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as database:
            return database.execute(query.encode()).fetchall()

    def stored(self) -> int:
        return int(self.ask("SELECT count(DISTINCT at) FROM readings")[0][0])

    def received(self) -> dict[str, set[int]]:
        rows = self.ask(
            "SELECT boot, lower(part), upper(part)"
            " FROM boot_sequences, unnest(received - lost) AS part"
        )
        found: dict[str, set[int]] = {}
        for boot, first, end in rows:
            found.setdefault(boot, set()).update(range(first, end))
        return found

    def change(self) -> None:
        """Count on, so that every poll has something to say."""
        value = 100_000
        while not self.stopping.wait(0.02):
            value += 20
            self.tensile.show(run_ms=value)

    def has_waiting(self) -> bool:
        return sum(map(len, self.gateway.kept().values())) > 10

    def wait_for_more(self, count: int = 10) -> None:
        goal = self.stored() + count
        until(lambda: self.stored() >= goal, limit_s=60, what=f"{count} more readings")


@pytest.fixture
def server(tensile: Tensile) -> Iterator[Server]:
    with serving({1: tensile}) as server:
        yield server


@pytest.fixture
def tensile() -> Tensile:
    return Tensile()


@pytest.fixture
def lab(
    tmp_path: Path, empty_database_url: str, mosquitto: Mosquitto, server: Server, tensile: Tensile
) -> Iterator[Lab]:
    device = f"utm-{uuid4().hex[:8]}"
    engine = make_engine(empty_database_url)
    with Session(engine) as session, session.begin():
        make.device(session, institution=make.institution(session), name=device)
    engine.dispose()
    broker_url = f"mqtt://127.0.0.1:{mosquitto.port}"
    config = write_config(
        tmp_path, name=f"gw-{device}", broker=broker_url, port=server.port, devices={device: 1}
    )
    ingest = IngestProcess(
        tmp_path,
        database_url=empty_database_url,
        broker_url=broker_url,
        client_id=f"ingest-{device}",
    )
    lab = Lab(device, empty_database_url, Gateway(config), ingest, tensile)
    changer = threading.Thread(target=lab.change)
    changer.start()
    try:
        yield lab
    finally:
        lab.stopping.set()
        changer.join()
        if lab.gateway.process is not None:
            lab.gateway.end(signal.SIGKILL)
        ingest.stop()


def conserve(lab: Lab) -> tuple[int, int]:
    """Stop the gateway; what it numbered must be stored or still be in its spool.

    Return how many numbers are neither, and how many readings are there twice.
    """
    lab.gateway.end(signal.SIGTERM)
    given, kept = lab.gateway.given(), lab.gateway.kept()

    def missing() -> set[tuple[str, int]]:
        received = lab.received()
        return {
            (boot, seq)
            for boot, count in given.items()
            for seq in range(1, count + 1)
            if seq not in received.get(boot, set()) | kept.get(boot, set())
        }

    wait_until(lambda: not missing(), limit_s=20)
    for name, query in INVARIANTS.items():
        assert lab.ask(query) == [], name
    doubled = lab.ask("SELECT channel_id, at FROM readings GROUP BY 1, 2 HAVING count(*) > 1")
    return len(missing()), len(doubled)


@pytest.mark.parametrize("mosquitto", PERSISTENCE, indirect=True)
def test_broker_killed(
    lab: Lab, mosquitto: Mosquitto, note: Note, trials: Trials, request: pytest.FixtureRequest
) -> None:
    times = trials(2, 20)
    lab.ingest.start()
    lab.gateway.start()
    lab.wait_for_more()

    for _ in range(times):
        mosquitto.kill()
        mosquitto.start()
        lab.wait_for_more()

    lost, doubled = conserve(lab)
    persistence = request.node.callspec.params["mosquitto"]
    note(Row(f"broker killed, persistence {persistence}", times, lost, doubled, "conserved"))
    assert (lost, doubled) == (0, 0)


def test_gateway_loses_power_and_the_tail_of_its_spool(
    lab: Lab, mosquitto: Mosquitto, note: Note, trials: Trials
) -> None:
    """A disk that lied about its last writes: what is left is whole, and no number means two."""
    times = trials(2, 20)
    chance = random.Random(5)
    lab.ingest.start()
    lab.gateway.start()
    lab.wait_for_more()
    cut = 0

    for _ in range(times):
        # Nobody takes what is read, so that all of it is in the spool alone.
        mosquitto.kill()
        until(lab.has_waiting, limit_s=30, what="messages in the spool")
        lab.gateway.end(signal.SIGKILL)
        log = lab.gateway.spool.with_name("spool.sqlite-wal")
        size = log.stat().st_size
        left = max(0, size - chance.randint(1, 4_000))
        os.truncate(log, left)
        cut += size - left
        mosquitto.start()
        lab.gateway.start()
        lab.wait_for_more()

    lost, doubled = conserve(lab)
    result = "what the spool still had is conserved"
    note(Row("gateway's power cut, tail of the spool cut", times, lost, doubled, result))
    assert cut > 0
    assert (lost, doubled) == (0, 0)
    # A number that came twice with another content would be in quarantine or two readings.
    # The gateway itself is no device here, and its own state is nobody's.
    assert lab.ask("SELECT reason FROM quarantine WHERE reason <> 'unknown_device'") == []
