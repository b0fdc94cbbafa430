"""What a gateway weighs with very much in its spool."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from gateways.spool.spool import Draft, Spool
from tests.devices.field import until, write_config

ROOT = Path(__file__).parents[2]
MEGABYTE = 1_000_000


@pytest.mark.long
@pytest.mark.timeout(900)
def test_gateway_with_very_many_waiting_messages_stays_light(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    count = 1_000_000 if pytestconfig.getoption("--long") else 20_000
    values = [{"k": k, "v": 123.456} for k in range(1, 9)]
    spool = Spool(tmp_path / "spool.sqlite")
    record = spool.device("utm")
    for start in range(0, count, 2000):
        spool.commit(record, [Draft("m", 1, {"ts": start, "m": values})] * 2000)
    spool.close()
    config = write_config(
        tmp_path, name="gw", broker="mqtt://127.0.0.1:1", port=1, devices={"utm": 1}
    )
    ready = tmp_path / "ready.json"

    command = [sys.executable, "-m", "cli", "gateway", "--config", str(config)]
    process = subprocess.Popen(
        [*command, "--ready-file", str(ready)], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    try:
        until(ready.exists, limit_s=60, what="the ready file")
        weight = psutil.Process(json.loads(ready.read_text())["pid"]).memory_info().rss
    finally:
        process.terminate()
        process.wait(15)

    assert weight <= 150 * MEGABYTE, f"{weight / MEGABYTE:.0f} MB with {count} messages"
