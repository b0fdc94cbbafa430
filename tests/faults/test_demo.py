"""The demo comes up, survives the death of everything, and leaves nothing behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.embedded.processes import look_at, wait_until

PROJECT = Path(__file__).resolve().parent.parent.parent
UP_LIMIT_S = 90


class Run:
    """One start of the demo."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.out = data.parent / "out"
        with self.out.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli", "demo", "--data", str(data), "--port", "0"],
                cwd=PROJECT,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={name: value for name, value in os.environ.items() if "YIXIANG" not in name},
            )

    def wait_until_up(self) -> str:
        """Return the address it printed."""
        is_up = wait_until(
            lambda: "is up after" in self.out.read_text() or self.process.poll() is not None,
            limit_s=UP_LIMIT_S,
        )
        found = re.search(r"is up after .* (http://\S+)", self.out.read_text())
        assert is_up, self.out.read_text()
        assert found, self.out.read_text()
        return found[1]

    def children(self) -> dict[str, int]:
        notes = (self.data / "run").glob("*.json")
        return {note.stem: int(json.loads(note.read_text())["pid"]) for note in notes}

    def kill_everything(self) -> None:
        for pid in (self.process.pid, *self.children().values()):
            os.kill(pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def is_alive(pid: int) -> bool:
    sighting = look_at(pid)
    return sighting is not None and sighting.is_running


@pytest.fixture
def data() -> Iterator[Path]:
    # As root the database is another user, who cannot enter pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="yixiang-demo-"))
    folder.chmod(0o711)
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.mark.full
@pytest.mark.timeout(300)
def test_demo_survives_the_death_of_everything_and_leaves_nothing_behind(data: Path) -> None:
    first = Run(data)
    first.wait_until_up()
    before = first.children()
    second = Run(data.parent / "data")
    assert second.process.wait(30) == 1
    assert f"is in use by process {first.process.pid}" in second.out.read_text()

    first.kill_everything()
    again = Run(data)
    address = again.wait_until_up()

    with urllib.request.urlopen(f"{address}/api/v1/health", timeout=5) as answer:
        assert json.load(answer)["status"] == "ok"
    after = again.children()
    assert set(before) == set(after)
    assert not any(is_alive(pid) for pid in before.values())
    again.stop()
    assert again.process.returncode == 0
    assert not any(is_alive(pid) for pid in after.values())
