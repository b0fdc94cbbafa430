"""What the fault tests share: a lab whose parts may be broken, and the report of what held."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.orm import Session

from cli.embedded.homes import find_home
from cli.embedded.postgres import Cluster
from cli.embedded.processes import Process, wait_until
from cli.measuring import _migrate
from foundation.database import make_engine
from tests import make

REPORT = Path(os.environ.get("YIXIANG_REPORTS", "build")) / "faults.json"


@dataclass(frozen=True, slots=True)
class Row:
    """One fault, how often it was tried, and what came of it."""

    fault: str
    trials: int
    lost: int
    doubled: int
    result: str


Note = Callable[[Row], None]


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Iterator[Note]:
    """Put a row into the report of this run: `faults.json` and `.md` in the folder of reports.

    A test that ends without its row has one that says so.
    """
    written: list[Row] = []

    def write(row: Row) -> None:
        written.append(row)
        add_to_report(row)

    yield write
    if not written:
        add_to_report(Row(request.node.name, 0, 0, 0, "NOT SHOWN: the test ended before its count"))


def add_to_report(row: Row) -> None:
    """Add to what this run has written; an older run's report is begun anew."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"process {os.getpid()}"
    with REPORT.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.exists() else {}
        if kept.get("run") != run:
            kept = {"run": run, "began_at": datetime.now(UTC).isoformat(), "rows": []}
        kept["rows"].append(asdict(row))
        REPORT.write_text(json.dumps(kept, indent=1, ensure_ascii=False), encoding="utf-8")
        lines = ["| Fault | Trials | Lost | Doubled | Result |", "|---|---|---|---|---|"]
        lines += ["| " + " | ".join(str(it) for it in one.values()) + " |" for one in kept["rows"]]
        text = "\n".join([f"Faults tried, {kept['began_at']}", "", *lines, ""])
        REPORT.with_suffix(".md").write_text(text, encoding="utf-8")


@pytest.fixture
def trials(pytestconfig: pytest.Config) -> Callable[[int, int], int]:
    """Choose how often to try: few in the default run, many with --long."""
    return lambda few, many: many if pytestconfig.getoption("--long") else few


class Database:
    """A PostgreSQL with its durable settings that may be stopped as a power cut stops it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cluster = Cluster(find_home(folder))
        self._process: Process | None = None

    def start(self) -> None:
        process = Process(
            self._cluster.order(self._folder / "postgres.log"), run_folder=self._folder / "run"
        )
        wait_until(lambda: self._cluster.is_ready(process) or not process.is_running, limit_s=60)
        assert process.is_running, process.tail()
        self._process = process

    def make(self, device: str) -> None:
        self._cluster.make_database()
        _migrate(self.url)
        engine = make_engine(self.url)
        with Session(engine) as session, session.begin():
            make.device(session, institution=make.institution(session), name=device)
        engine.dispose()

    @property
    def url(self) -> str:
        return self._cluster.url

    @property
    def port(self) -> int:
        return self._cluster.port

    def send(self, number: int) -> None:
        """Send its first process a signal, and wait until it is gone."""
        assert self._process is not None
        os.kill(self._server_pid(), number)
        self._process.wait(20)

    def _server_pid(self) -> int:
        with psycopg.connect(self._cluster.superuser_url) as connection:
            row = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
        assert row is not None
        return int(str(row[0]).split()[0])

    @property
    def is_up(self) -> bool:
        return self._process is not None and self._process.is_running

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()


@pytest.fixture
def own_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    import shutil  # noqa: PLC0415 - as root the server is another user, who must get in
    import tempfile  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp(prefix="yixiang-fault-"))
    folder.chmod(0o711)
    assert tmp_path_factory is not None
    database = Database(folder)
    database.start()
    yield database
    database.stop()
    shutil.rmtree(folder, ignore_errors=True)
