"""A gateway that is changed while it runs, and one that has much to catch up on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import time_ns
from typing import Any

import msgspec
import pytest

from gateways.edge.central import CentralStore
from gateways.edge.config import load_settings
from gateways.edge.process import Gateway
from gateways.spool.spool import Draft, Spool
from tests.devices.field import Platform, Tensile, gateway_on, platform_at, until, write_config
from tests.devices.modbus_server import Server, serving
from tests.servers import BrokerUnderTest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"chg-{abs(hash(request.node.nodeid)) % 10**8}"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving({1: Tensile(), 2: Tensile(run_ms=777)}) as server:
        yield server


@pytest.fixture
def platform(broker: BrokerUnderTest) -> Iterator[Platform]:
    with platform_at(broker.url("yixiang")) as platform:
        yield platform


@pytest.fixture
def url(broker: BrokerUnderTest, name: str) -> str:
    return broker.gateway_url(f"gw-{name}", [name, f"{name}-two"])


def central_of(path: Path) -> CentralStore:
    return CentralStore(load_settings(path).spool.path.with_suffix(".central"), path)


def test_file_read_again_brings_and_takes_devices(
    url: str, platform: Platform, server: Server, name: str, tmp_path: Path
) -> None:
    def write(devices: dict[str, int]) -> Path:
        return write_config(
            tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices=devices
        )

    path = write({name: 1})
    with gateway_on(path) as gateway:
        platform.wait(f"{name}/m")
        write({f"{name}-two": 2})
        assert gateway.reload_files(central_of(path))
        until(lambda: platform.value_of(f"{name}-two", "run_ms") == 777, what="the new device")
        until(lambda: not platform.all(f"{name}/state")[-1]["online"], what="its farewell")
        assert set(gateway.units) == {f"{name}-two"}


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param('[[link]]\nname = "line', id="no TOML"),
        pytest.param('[[device]]\nname = "d"\nlink = "x"\nunit = 1\nprofile = "y"\n', id="wrong"),
    ],
)
def test_broken_file_changes_nothing(
    broken: str, url: str, server: Server, name: str, tmp_path: Path
) -> None:
    path = write_config(
        tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices={name: 1}
    )
    with gateway_on(path) as gateway:
        links = gateway.links
        path.write_text(path.read_text() + broken)

        assert not gateway.reload_files(CentralStore(tmp_path / "none", path))

        assert gateway.links is links


def test_change_that_needs_a_restart_is_refused(
    url: str, server: Server, name: str, tmp_path: Path
) -> None:
    path = write_config(
        tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices={name: 1}
    )
    with gateway_on(path) as gateway:
        links = gateway.links
        path.write_text(path.read_text().replace("spool.sqlite", "other.sqlite"))

        assert not gateway.reload_files(central_of(path))

        assert gateway.links is links


def test_process_reads_its_files_again_at_a_signal(
    url: str, platform: Platform, server: Server, name: str, tmp_path: Path
) -> None:
    devices = {name: 1}
    path = write_config(tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices=devices)
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "gateway", "--config", str(path)],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    try:
        platform.wait(f"{name}/m", limit_s=20)
        devices[f"{name}-two"] = 2
        write_config(tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices=devices)
        os.kill(process.pid, signal.SIGHUP)
        platform.wait(f"{name}-two/m")
    finally:
        process.terminate()
        process.wait(10)


def configure(server: Server, device: str, unit: int, version: int) -> dict[str, Any]:
    """Write a command with links, devices and a profile of their own."""
    profile = """
[profile]
name = "central-only"
model = "C-1"
[[metric]]
name = "lease"
address = 0
type = "uint16"
"""
    config = f"""
[[link]]
name = "line"
kind = "tcp"
host = "127.0.0.1"
port = {server.port}
[[device]]
name = "{device}"
link = "line"
unit = {unit}
profile = "central-only"
poll_factor = 0.1
"""
    return {
        "s": 1,
        "id": f"cfg-{device}-{version}",
        "exp": time_ns() // 1_000_000 + 10_000,
        "do": "configure",
        "version": version,
        "config": config,
        "profiles": {"central-only": profile},
    }


def attend_until_answered(
    gateway: Gateway, platform: Platform, command: dict[str, Any]
) -> Any:  # a message
    platform.command(gateway.settings.name, command)
    assert gateway.woken.wait(10)
    gateway.attend()
    return platform.wait(f"{gateway.settings.name}/res", lambda b: b["id"] == command["id"])


def test_platform_sends_devices_by_version_and_they_outlive_a_restart(
    url: str, platform: Platform, server: Server, name: str, tmp_path: Path
) -> None:
    path = write_config(
        tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices={name: 1}
    )
    with gateway_on(path) as gateway:
        platform.wait(f"{name}/m")
        new = configure(server, f"{name}-two", 2, version=7)
        assert attend_until_answered(gateway, platform, new)["ok"] is True
        platform.wait(f"{name}-two/m")
        platform.wait(f"gw-{name}/state", lambda b: b["config"] == 7)

        older = configure(server, name, 1, version=6)
        assert attend_until_answered(gateway, platform, older)["error"] == "stale_version"
        broken = configure(server, name, 1, version=8)
        broken["config"] += '[[device]]\nname = "x"\n'
        refusal = attend_until_answered(gateway, platform, broken)
        assert refusal["error"] == "file_refused"
        assert "gateway-central.toml:13: missing" in refusal["detail"]
        outside = configure(server, name, 1, version=9)
        outside["profiles"] = {"../../evil": ""}
        assert attend_until_answered(gateway, platform, outside)["error"] == "profile_name"
        assert set(gateway.units) == {f"{name}-two"}

    central = central_of(path)
    assert central.version == 7
    assert [device.name for device in central.load().devices] == [f"{name}-two"]
    assert not list(tmp_path.glob("**/evil*"))


def test_fresh_values_do_not_wait_for_a_long_backlog(
    url: str, platform: Platform, server: Server, name: str, tmp_path: Path
) -> None:
    backlog = 1200
    path = write_config(
        tmp_path,
        name=f"gw-{name}",
        broker=url,
        port=server.port,
        devices={name: 1},
        more="rate = 400",
    )
    spool = Spool(tmp_path / "spool.sqlite")
    record = spool.device(name)
    old = [Draft("m", 1, {"ts": 1, "m": []}) for _ in range(backlog)]
    spool.commit(record, old)
    spool.close()

    with gateway_on(path) as gateway:
        fresh = platform.wait(f"{name}/m", lambda b: b["seq"] > backlog)
        heard = len(platform.numbers(name, record.boot))
        until(lambda: gateway.spool.count() == 0, limit_s=20, what="an empty spool")

    assert fresh["m"] != []
    assert heard < backlog / 2
    numbers = platform.numbers(name, record.boot)
    assert numbers == list(range(1, len(numbers) + 1))


def test_dropped_messages_are_declared_so_that_the_rest_is_acknowledged(
    url: str, platform: Platform, server: Server, name: str, tmp_path: Path
) -> None:
    path = write_config(
        tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices={name: 1}
    )
    spool = Spool(tmp_path / "spool.sqlite", bytes_max=100_000)
    record = spool.device(name)
    for _ in range(20):
        spool.commit(record, [Draft("m", 1, {"ts": 1, "m": [], "pad": "x" * 60})] * 100)
    lost = spool.dropped
    spool.close()

    with gateway_on(path) as gateway:
        alarm = platform.wait(f"{name}/alarm", lambda b: b["code"] == "SPOOL_DROPPED")
        until(lambda: gateway.spool.count() == 0, limit_s=20, what="an empty spool")

    assert alarm["lost"] == [1, lost]
    numbers = platform.numbers(name, record.boot)
    assert numbers == list(range(lost + 1, numbers[-1] + 1))


def test_server_that_misses_what_was_acknowledged_once_is_told_it_is_lost(
    url: str, platform: Platform, server: Server, name: str, tmp_path: Path
) -> None:
    """A server put back to an older backup asks for what the gateway has long forgotten."""
    path = write_config(
        tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices={name: 1}
    )
    spool = Spool(tmp_path / "spool.sqlite")
    record = spool.device(name)
    spool.commit(record, [Draft("m", 1, {"ts": 1, "m": []})] * 50)
    spool.acknowledge(record.id, record.boot, 50)
    spool.close()

    with gateway_on(path) as gateway:
        alarm = platform.wait(f"{name}/alarm", lambda b: "lost" in b, limit_s=20)
        until(lambda: gateway.spool.count() == 0, limit_s=20, what="an empty spool")

    assert alarm["lost"] == [1, 50]


def test_spool_that_lost_its_tail_numbers_anew_and_says_so(
    url: str, platform: Platform, server: Server, name: str, tmp_path: Path
) -> None:
    path = write_config(
        tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices={name: 1}
    )
    spool = Spool(tmp_path / "whole.sqlite")
    record = spool.device(name)
    for i in range(20):
        spool.commit(record, [Draft("m", i, {"ts": i, "m": []})])
    for suffix in ("", "-wal"):
        copied = (tmp_path / f"whole.sqlite{suffix}").read_bytes()
        (tmp_path / f"spool.sqlite{suffix}").write_bytes(copied)
    spool.close()
    log = tmp_path / "spool.sqlite-wal"
    data = bytearray(log.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4096] = bytes(4096)
    log.write_bytes(data)

    with gateway_on(path) as gateway:
        alarm = platform.wait(f"{name}/alarm")
        until(lambda: gateway.spool.count() == 0, limit_s=20, what="an empty spool")

    assert alarm["code"] == "SPOOL_TAIL_LOST"
    assert (alarm["boot"] != record.boot, alarm["seq"]) == (True, 1)
    kept = platform.numbers(name, record.boot)
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) < 20


def test_spool_damaged_beyond_reading_is_set_aside_and_work_goes_on(
    url: str, platform: Platform, server: Server, name: str, tmp_path: Path
) -> None:
    path = write_config(
        tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices={name: 1}
    )
    spool = Spool(tmp_path / "spool.sqlite")
    spool.commit(spool.device(name), [Draft("m", 1, {"ts": 1, "m": []})] * 500)
    spool.close()
    file = tmp_path / "spool.sqlite"
    file.write_bytes(file.read_bytes()[:100] + b"\x5a" * 8000)

    with gateway_on(path):
        alarm = platform.wait(f"{name}/alarm")
        platform.wait(f"{name}/m")

    assert alarm["code"] == "SPOOL_TAIL_LOST"
    assert len(list(tmp_path.glob("spool.sqlite.damaged-*"))) >= 1


def test_command_in_messagepack_is_understood(
    url: str, platform: Platform, server: Server, name: str, tmp_path: Path
) -> None:
    path = write_config(
        tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices={name: 1}
    )
    now_ms = time_ns() // 1_000_000
    command = {"s": 1, "id": f"mp-{name}", "exp": now_ms + 9000, "do": "set"}
    command |= {"target": "interlock", "value": "unlocked", "lease_until": now_ms + 60_000}
    with gateway_on(path) as gateway:
        platform.wait(f"{name}/m")
        gateway.links[0].give(gateway.units[name], msgspec.msgpack.encode(command))
        assert platform.wait(f"{name}/res")["state"] == "unlocked"
