"""Our supervision of PostgreSQL survives what its own lock file does not."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cli.embedded.homes import find_home, is_traversable
from cli.embedded.postgres import DURABLE, FLEETING, Cluster
from cli.embedded.processes import ChildFailed, Process, look_at, wait_until


class Server:
    """One cluster that a test may start, kill and start again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cluster = Cluster(find_home(folder), settings=FLEETING)
        self.process: Process | None = None

    @property
    def lock_file(self) -> Path:
        return self.folder / "servers" / "postgres" / "postmaster.pid"

    def start(self) -> Process:
        order = self.cluster.order(self.folder / "postgres.log")
        process = Process(order, run_folder=self.folder / "run")
        self.process = process
        wait_until(lambda: self.cluster.is_ready(process) or not process.is_running, limit_s=30)
        assert process.is_running, process.tail()
        self.cluster.make_database()
        return process

    def stop(self) -> None:
        if self.process:
            self.process.stop()


def make_folder() -> Path:
    """Make a folder that the server's user can reach when we are root; pytest's are closed."""
    folder = Path(tempfile.mkdtemp(prefix="yixiang-cluster-"))
    folder.chmod(0o711)
    return folder


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(make_folder())
    yield server
    server.stop()
    shutil.rmtree(server.folder)


def test_killed_server_comes_back_with_every_committed_row(server: Server) -> None:
    server.cluster = Cluster(find_home(server.folder), settings=DURABLE)
    process = server.start()
    with psycopg.connect(server.cluster.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    process.send(signal.SIGKILL)
    process.wait(5)

    server.start()

    with psycopg.connect(server.cluster.url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (42,)


def test_lock_file_naming_a_stranger_does_not_keep_the_server_down(server: Server) -> None:
    server.start().stop()
    # This very process is alive and is not PostgreSQL.
    server.lock_file.write_text(f"{os.getpid()}\n{server.lock_file.parent}\n", encoding="utf-8")

    assert server.start().is_running


def test_lock_file_naming_a_zombie_does_not_keep_the_server_down(server: Server) -> None:
    server.start().stop()
    zombie = subprocess.Popen([sys.executable, "-c", ""])

    def is_zombie() -> bool:
        sighting = look_at(zombie.pid)
        return sighting is not None and not sighting.is_running

    assert wait_until(is_zombie, limit_s=5)
    server.lock_file.write_text(f"{zombie.pid}\n{server.lock_file.parent}\n", encoding="utf-8")

    assert server.start().is_running
    zombie.wait()


def test_server_that_outlived_its_supervisor_is_replaced(server: Server) -> None:
    survivor = server.start()

    replacement = server.start()

    assert not survivor.is_running
    assert replacement.is_running


def test_foreign_server_on_the_port_is_not_taken_for_ours(server: Server) -> None:
    foreign = server.start()
    folder = make_folder()
    ours = Cluster(find_home(folder), settings=FLEETING)
    ours.order(folder / "postgres.log")
    ours.port = server.cluster.port

    # It has another password, so it does not even let us in.
    assert ours.is_ready(foreign) is False
    shutil.rmtree(folder)


def test_same_cluster_run_by_another_process_is_refused(server: Server) -> None:
    server.start()
    other = subprocess.Popen([sys.executable, "-c", ""])
    other.wait()

    class Stranger:
        pid = other.pid

    with pytest.raises(ChildFailed, match="another PostgreSQL answers"):
        server.cluster.is_ready(Stranger())  # type: ignore[arg-type] # only its id is looked at


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_private_folder_of_root_stays_private(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)

    home = find_home(private / "data")

    assert not home.folder.is_relative_to(private)
    assert is_traversable(home.folder)
    assert private.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(home.folder)


def test_folder_behind_a_closed_door_is_not_traversable(tmp_path: Path) -> None:
    (tmp_path / "closed" / "open").mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)

    assert not is_traversable(tmp_path / "closed" / "open")
