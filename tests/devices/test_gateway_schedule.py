"""Who is asked when, and what time a reading has."""

import os
import struct
import threading
import tty
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import monotonic, time_ns

import pytest

from tests.devices.field import (
    Platform,
    Tensile,
    gateway_on,
    platform_at,
    until,
    write_config,
)
from tests.devices.modbus_server import Device, Request, Server, serving
from tests.servers import BrokerUnderTest

PROFILE = """
[profile]
name = "grouped"
model = "M"
[modbus]
hole_max = 0
[[group]]
name = "seldom"
period = "1s"
phase = "100ms"
[[group]]
name = "often"
period = "200ms"
[[group]]
name = "first"
period = "400ms"
priority = 5
[[metric]]
name = "a"
address = 10
type = "uint16"
group = "seldom"
[[metric]]
name = "b"
address = 20
type = "uint16"
group = "often"
[[metric]]
name = "c"
address = 30
type = "uint16"
group = "first"
"""


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"sch-{abs(hash(request.node.nodeid)) % 10**8}"


@pytest.fixture
def platform(broker: BrokerUnderTest) -> Iterator[Platform]:
    with platform_at(broker.url("yixiang")) as platform:
        yield platform


@pytest.fixture
def server() -> Iterator[Server]:
    device = Device(holding={10: 1, 20: 2, 30: 3})
    with serving({1: device}) as server:
        yield server


@pytest.fixture
def config(broker: BrokerUnderTest, server: Server, name: str, tmp_path: Path) -> Path:
    (tmp_path / "grouped.toml").write_text(PROFILE, encoding="utf-8")
    path = write_config(
        tmp_path,
        name=f"gw-{name}",
        broker=broker.gateway_url(f"gw-{name}", [name]),
        port=server.port,
        devices={name: 1},
        more='profiles = "."',
    )
    text = path.read_text().replace('"sim-tensile"', '"grouped"')
    path.write_text(text.replace("poll_factor = 0.1\n", "").replace('"200ms"', '"2s"'))
    return path


def test_groups_keep_their_periods_phases_and_priorities(config: Path, server: Server) -> None:
    asked: list[tuple[float, int]] = []
    enough = threading.Event()

    def note(request: Request, pdu: bytes) -> bytes:
        asked.append((monotonic(), struct.unpack(">H", request.pdu[1:3])[0]))
        if sum(address == 10 for _, address in asked) == 3:
            enough.set()
        return request.frame(pdu)

    server.behave = note
    with gateway_on(config):
        assert enough.wait(10)

    order = [address for _, address in asked]
    assert order[:3] == [30, 20, 10], "the important first, the late starter last"
    times = {a: [at for at, each in asked if each == a] for a in (10, 20, 30)}
    took_s = times[10][2] - times[10][0]
    assert 1.8 < took_s < 4
    within = {a: sum(times[10][0] < at <= times[10][2] for at in times[a]) for a in (20, 30)}
    assert 5 <= within[20] <= 5 * took_s + 1
    assert 3 <= within[30] <= 2.5 * took_s + 1


def test_reading_has_the_time_of_the_middle_of_the_exchange(
    config: Path, server: Server, platform: Platform, name: str
) -> None:
    pause, exchanges = threading.Event(), list[tuple[int, int]]()

    def slowly(request: Request, pdu: bytes) -> bytes:
        began_ms = time_ns() // 1_000_000
        pause.wait(0.4)
        if request.pdu[1:3] == b"\x00\x1e":
            exchanges.append((began_ms, time_ns() // 1_000_000))
        return request.frame(pdu)

    server.behave = slowly
    with gateway_on(config):
        until(lambda: platform.value_of(name, "c") == 3, what="the first value")
        [key] = [m["k"] for m in platform.all(f"{name}/birth")[0]["metrics"] if m["n"] == "c"]
        body = next(b for b in platform.all(f"{name}/m") if any(e["k"] == key for e in b["m"]))

    began_ms, ended_ms = exchanges[0]
    assert abs(body["ts"] - (began_ms + ended_ms) / 2) < 100


def test_two_units_share_a_serial_line(
    broker: BrokerUnderTest, platform: Platform, name: str, tmp_path: Path
) -> None:
    ours, theirs = os.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    server = Server({1: Tensile(run_ms=111), 2: Tensile(run_ms=222)}, framing="rtu")
    server.serve_descriptor(ours)
    names = {f"{name}-1": 1, f"{name}-2": 2}
    path = write_config(
        tmp_path,
        name=f"gw-{name}",
        broker=broker.gateway_url(f"gw-{name}", list(names)),
        port=1,
        devices=names,
    )
    text = path.read_text().replace('kind = "tcp"\nhost = "127.0.0.1"\nport = 1\n', "")
    serial = f'kind = "rtu"\ndevice = "{os.ttyname(theirs)}"\nbaud_rate = 115200\n'
    path.write_text(text.replace('name = "line"\n', f'name = "line"\n{serial}'))
    try:
        with gateway_on(path):
            for device, run_ms in ((f"{name}-1", 111), (f"{name}-2", 222)):
                until(partial(shows, platform, device, run_ms), what="the counter")
    finally:
        server.close()
        os.close(ours)
        os.close(theirs)


def shows(platform: Platform, device: str, run_ms: int) -> bool:
    return bool(platform.value_of(device, "run_ms") == run_ms)
