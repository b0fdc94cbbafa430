"""A disk that fills up while data arrives: nothing is acknowledged that is not kept."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from cli.publisher import Publisher
from gateways.mqtt.receiver import Broker
from tests.faults.conftest import Database, Note, Row
from tests.faults.test_ingest_faults import Stream, Trials, conserve
from tests.ingesting import IngestProcess, until
from tests.lab1 import Reporter
from tests.servers import BrokerUnderTest

pytestmark = [pytest.mark.committed, pytest.mark.long, pytest.mark.full]

SIZE = "256m"


@pytest.fixture
def small_disk() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="yixiang-small-disk-"))
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=711", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, check=False, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("no tmpfs may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


def fill(disk: Path) -> Path:
    """Write until nothing more fits."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        block = bytes(1 << 20)
        while block:
            try:
                file.write(block)
            except OSError:
                block = block[: len(block) // 2]
    return filler


def has_felt_it(ingest: IngestProcess, database: Database, seen: int) -> bool:
    return "No space left" in ingest.log[seen:] or not database.is_up


def test_full_disk_under_the_database(
    tmp_path: Path, small_disk: Path, broker: BrokerUnderTest, note: Note, trials: Trials
) -> None:
    device = f"dev-{uuid4().hex[:8]}"
    database = Database(small_disk)
    database.start()
    database.make(device)
    ingest = IngestProcess(
        tmp_path,
        database_url=database.url,
        broker_url=broker.url("yixiang"),
        client_id=f"ingest-{device}",
        options=("--batch", "100"),
    )
    stream = Stream(Reporter(device))
    times = trials(1, 10)
    ingest.start()
    try:
        with Publisher(Broker.parse(broker.gateway_url(device, [device])), device) as publisher:
            publisher.publish([stream.reporter.birth()], is_retained=True)
            publisher.publish(stream.take(500))
            for _ in range(times):
                filler = fill(small_disk)
                # More than the room left in the files that are there.
                publisher.publish(stream.take(40_000))
                seen = len(ingest.log)
                until(partial(has_felt_it, ingest, database, seen), limit_s=60, what="a full disk")
                filler.unlink()
                if not database.is_up:
                    database.start()
            publisher.drain()
        lost, doubled = conserve(database.url, stream)
    finally:
        ingest.stop()
        database.stop()
    note(Row("disk full under the database", times, lost, doubled, "conserved"))
    assert (lost, doubled) == (0, 0)
