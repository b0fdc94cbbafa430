"""Children are started in order, kept up, stopped in reverse, and never left behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.embedded.processes import (
    ChildFailed,
    Order,
    Process,
    look_at,
    stop_leftovers,
    wait_until,
)
from cli.embedded.supervisor import Child, FolderInUse, Supervisor, has_said

PROJECT = Path(__file__).resolve().parent.parent.parent
# Says when it starts and when it is asked to stop, in a file that all share.
POLITE = """
import signal, sys, threading
name, diary = sys.argv[1:3]
def write(word):
    with open(diary, "a") as file:
        print(name, word, file=file)
done = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: done.set())
write("up")
print("ready", flush=True)
done.wait()
write("down")
"""
STUBBORN = """
import signal, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
threading.Event().wait()
"""


class Bench:
    """A folder, a supervisor in it, and what was said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.diary = folder / "diary"
        self.diary.touch()
        self.said: list[str] = []
        self.supervisor = Supervisor(folder / "data", self.said.append)

    def order(self, name: str, script: str = POLITE, **more: float) -> Order:
        return Order(
            name=name,
            command=(sys.executable, "-c", script, name, str(self.diary)),
            log=self.folder / f"{name}.log",
            stop_timeout_s=more.get("stop_timeout_s", 10),
        )

    def child(self, name: str, script: str = POLITE, **more: float) -> Child:
        order = self.order(name, script, **more)
        return Child(name=name, order=lambda: order, is_ready=has_said("ready"), ready_limit_s=10)

    def entries(self) -> list[str]:
        return self.diary.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    bench.supervisor.take_folder()
    yield bench
    bench.supervisor.stop()


def test_children_stop_in_the_reverse_of_their_order(bench: Bench) -> None:
    for name in ("first", "second", "third"):
        bench.supervisor.start(bench.child(name))

    bench.supervisor.stop()

    assert bench.entries() == [
        "first up", "second up", "third up",
        "third down", "second down", "first down",
    ]  # fmt: skip


def test_crashed_child_is_started_again(bench: Bench) -> None:
    child = bench.child("phoenix")
    bench.supervisor.start(child)
    assert child.process is not None
    child.process.send(signal.SIGKILL)

    def until_back() -> None:
        if child.starts == 2 and bench.entries().count("phoenix up") == 2:
            bench.supervisor.ask_to_stop()

    bench.supervisor.watch(also=until_back, every_s=0.1)

    assert child.starts == 2
    assert "phoenix ended with code -9" in bench.said[0]


def test_child_that_keeps_crashing_is_given_longer_and_longer_pauses(bench: Bench) -> None:
    child = bench.child("doomed", "import os; print('ready', flush=True); os.close(1); exit(3)")
    child.is_ready = lambda _: True
    bench.supervisor.start(child)

    def until_third() -> None:
        if child.starts == 3:
            bench.supervisor.ask_to_stop()

    bench.supervisor.watch(also=until_third, every_s=0.05)

    assert child.starts == 3
    assert "starting it again in 0.5 s" in bench.said[0]
    assert "starting it again in 1 s" in bench.said[1]


def test_child_that_ends_at_once_is_reported_with_its_last_words(bench: Bench) -> None:
    child = bench.child("mute", "import sys; sys.exit('no such file')")

    with pytest.raises(ChildFailed, match=r"(?s)mute ended at once.*no such file"):
        bench.supervisor.start(child)


def test_child_that_ignores_a_polite_stop_is_ended(bench: Bench) -> None:
    child = bench.child("stubborn", STUBBORN, stop_timeout_s=0.3)
    bench.supervisor.start(child)
    assert child.process is not None

    bench.supervisor.stop()

    assert child.process.exit_code == -signal.SIGKILL


def test_second_run_on_the_same_folder_is_refused_in_one_line(bench: Bench) -> None:
    second = Supervisor(bench.folder / "data", bench.said.append)

    with pytest.raises(FolderInUse, match=f"in use by process {os.getpid()}; stop that, or give"):
        second.take_folder()


def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    script = f"""
import sys
sys.path.insert(0, {str(PROJECT)!r})
from pathlib import Path
from tests.devices.test_supervisor import Bench
bench = Bench(Path({str(tmp_path)!r}))
bench.supervisor.take_folder()
child = bench.child("orphan")
bench.supervisor.start(child)
print(child.process.pid, flush=True)
bench.supervisor.watch()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
        parent.wait()

    def is_gone() -> bool:
        sighting = look_at(pid)
        return sighting is None or not sighting.is_running

    assert wait_until(is_gone, limit_s=5)


def test_leftover_of_a_killed_run_is_ended_by_the_next(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    process = Process(bench.order("leftover"), run_folder=tmp_path / "run")
    assert wait_until(lambda: "ready" in process.read_since_start(), limit_s=10)

    assert stop_leftovers(tmp_path / "run") == ["leftover"]

    assert not process.is_running
    assert not list((tmp_path / "run").iterdir())


def test_stranger_with_a_reused_process_id_is_left_alone(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    process = Process(bench.order("stranger"), run_folder=tmp_path / "run")
    note = tmp_path / "run" / "stranger.json"
    note.write_text(json.dumps({"pid": process.pid, "born": "1"}), encoding="utf-8")

    assert stop_leftovers(tmp_path / "run") == []

    assert process.is_running
    process.stop()


def test_log_that_grew_too_large_starts_anew(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.embedded.processes.LOG_BYTES_MAX", 3)
    process = Process(bench.order("talker"), run_folder=bench.folder / "run")
    assert wait_until(lambda: "ready" in process.read_since_start(), limit_s=10)

    process.trim_log()

    assert (bench.folder / "talker.log").stat().st_size == 0
    assert "ready" in (bench.folder / "talker.old").read_text(encoding="utf-8")
    process.stop()
