"""What a fleet of simulated devices costs, beside a bare publisher of as many messages."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sims.mqtt.client import Broker
from sims.mqtt.load import Load, run_load

MODEL, PREFIX, METRICS = "YX-LC30", "fleet", 10
START_S = 120.0
POLL_S = 0.2


class MeasureFailed(Exception):
    """The fleet did not come up, or did not say enough."""


@dataclass(frozen=True, slots=True)
class FleetCost:
    """One process with `devices` on MQTT at a message a second each, for `seconds`."""

    devices: int
    seconds: float
    messages_per_s: float
    cores: float
    peak_mb: float
    connect_s: float
    reference_cores: float


def names(devices: int) -> list[str]:
    """Return what the fleet's devices are called, for whoever must admit them."""
    return [f"{PREFIX}-{number:04d}" for number in range(1, devices + 1)]


def measure(
    broker_url: str, passwords: dict[str, str], *, devices: int = 5000, seconds: float = 15.0
) -> FleetCost:
    """Run a fleet in a process of its own, then as many messages from a bare publisher."""
    with tempfile.TemporaryDirectory(prefix="yixiang-sims-") as folder:
        credentials = Path(folder) / "credentials.json"
        credentials.write_text(json.dumps(passwords))
        credentials.chmod(0o600)
        ready_file = Path(folder) / "ready.json"
        command = [
            sys.executable, "-m", "sims", "run", "--fleet", f"{MODEL}:{devices}",
            "--prefix", PREFIX, "--credentials", str(credentials), "--control-port", "0",
            "--ready-file", str(ready_file),
        ]  # fmt: skip
        environment = {
            **os.environ,
            "YIXIANG_BROKER_URL": broker_url,
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
        try:
            began = time.monotonic()
            _wait(ready_file.exists, process)
            control = json.loads(ready_file.read_text())["control"]["port"]
            _wait(lambda: _count_connected(control) == devices, process)
            connect_s = time.monotonic() - began
            before, start = _effort(control), time.monotonic()
            _wait(lambda: time.monotonic() - start >= seconds, process)
            after, took = _effort(control), time.monotonic() - start
        finally:
            process.terminate()
            process.wait(START_S)
    broker = Broker.parse(broker_url)
    reference = run_load(
        Load(
            broker, int(devices * seconds), connections=devices, values=METRICS,
            rate=devices, prefix=PREFIX, passwords=passwords,
        )
    )  # fmt: skip
    return FleetCost(
        devices=devices,
        seconds=took,
        messages_per_s=(after["acknowledged"] - before["acknowledged"]) / took,
        cores=(after["cpu_s"] - before["cpu_s"]) / took,
        peak_mb=after["peak_mb"],
        connect_s=connect_s,
        reference_cores=reference.cpu_s / reference.seconds,
    )


def _effort(port: int) -> dict[str, Any]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/effort", timeout=10) as answer:
        effort: dict[str, Any] = json.load(answer)
        return effort


def _count_connected(port: int) -> int:
    """Return how many are connected; none as long as the fleet is too busy to say."""
    try:
        return int(_effort(port)["connected"])
    except OSError:
        return 0


def _wait(check: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_S
    while not check():
        if process.poll() is not None:
            raise MeasureFailed(f"the fleet ended with {process.returncode}")
        if time.monotonic() > end:
            raise MeasureFailed(f"the fleet was not up after {START_S:g} s")
        time.sleep(POLL_S)
