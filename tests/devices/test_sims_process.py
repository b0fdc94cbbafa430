"""`python -m sims run` as others start it: a process, a ready file, a signal."""

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.devices.test_sims_modbus import Line, wait_for

ROOT = Path(__file__).parents[2]
LIMIT_S = 20.0


@contextmanager
def sims(folder: Path, *more: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    ready_file = folder / "ready.json"
    ready_file.unlink(missing_ok=True)  # left by one that was killed
    command = [
        sys.executable, "-m", "sims", "run",
        "--modbus-port", "0", "--control-port", "0",
        "--state", str(folder / "state"), "--ready-file", str(ready_file), *more,
    ]  # fmt: skip
    # Nothing listens there: an absent broker must stop nobody.
    environment = {**os.environ, "YIXIANG_BROKER_URL": "mqtt://127.0.0.1:9"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        wait_for(lambda: ready_file.exists() or process.poll() is not None, LIMIT_S)
        yield process, json.loads(ready_file.read_text())
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=LIMIT_S)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with sims(tmp_path) as (process, ready):
        assert ready["pid"] == process.pid
        names = [(device["name"], device["protocol"]) for device in ready["devices"]]
        assert ("hplc-01", "mqtt") in names
        line = Line(ready["modbus"][0]["port"])
        assert line.ask("04 0000 0001") == bytes.fromhex("04 02 0000")

        process.send_signal(number)

        assert process.wait(LIMIT_S) == 0
        assert line.rest() == b""
        line.socket.close()
        assert not (tmp_path / "ready.json").exists()


def test_counters_never_go_back_though_it_is_killed(tmp_path: Path) -> None:
    with sims(tmp_path, "--speed", "100") as (process, ready):
        line = Line(ready["modbus"][0]["port"])
        base = f"http://127.0.0.1:{ready['control']['port']}"
        httpx.post(f"{base}/devices/tensile-01/actions", json={"do": "unlock"}, trust_env=False)
        wait_for(lambda: run_ms(line) > 20_000)
        seen = 0
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            seen = run_ms(line)
        process.kill()
        process.wait(LIMIT_S)
        line.socket.close()

    with sims(tmp_path) as (_, ready):
        line = Line(ready["modbus"][0]["port"])
        assert run_ms(line) >= seen
        assert line.ask("04 0014 0002") == bytes.fromhex("04 04 0000 0002")
        line.socket.close()


def run_ms(line: Line) -> int:
    return int(struct.unpack(">Q", line.ask("04 000A 0004")[2:])[0])


def run_to_end(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "sims", *arguments],
        cwd=ROOT, text=True, capture_output=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip


def test_bad_scenario_ends_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "lab.toml"
    path.write_text('[[device]]\nname = "x"\nmodel = "YX-NONE"\n')

    ended = run_to_end("run", "--scenario", str(path))

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"sims: {path}:3: no model 'YX-NONE'")
    assert ended.stderr.count("\n") == 1


def test_broken_memory_stops_the_start_rather_than_set_a_counter_back(tmp_path: Path) -> None:
    (tmp_path / "tensile-01.json").write_text("{")

    ended = run_to_end("run", "--state", str(tmp_path), "--modbus-port", "0")

    assert ended.returncode == 2
    assert "tensile-01.json" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_memory_that_cannot_be_written_ends_it_with_a_line(tmp_path: Path) -> None:
    with sims(tmp_path) as (process, _):
        shutil.rmtree(tmp_path / "state")

        assert process.wait(LIMIT_S) == 2
        assert process.stderr is not None
        last = process.stderr.read().splitlines()[-1]

    assert last.startswith("sims: No such file or directory: ")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def test_one_port_given_for_two_lines_is_the_first_of_two(tmp_path: Path) -> None:
    port = next(port for port in range(21_000, 32_000, 7) if is_free(port) and is_free(port + 1))
    with sims(tmp_path, "--scenario", "whole-lab", "--modbus-port", str(port)) as (_, ready):
        assert [line["port"] for line in ready["modbus"]] == [port, port + 1]
