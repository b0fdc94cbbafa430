"""A gateway between an instrument in registers and a real broker."""

import json
import os
import signal
import sqlite3
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import time_ns

import pytest

from tests.devices.field import (
    Platform,
    Tensile,
    gateway_on,
    platform_at,
    until,
    write_config,
)
from tests.devices.modbus_server import Device, Server, serving
from tests.servers import BrokerUnderTest, run_broker

ROOT = Path(__file__).parents[2]
GATEWAY = [sys.executable, "-m", "cli", "gateway"]


SHARE_LEFT = 0.9


def now_ms() -> int:
    return time_ns() // 1_000_000


@pytest.fixture
def tensile() -> Tensile:
    return Tensile()


@pytest.fixture
def server(tensile: Tensile) -> Iterator[Server]:
    with serving({1: tensile}) as server:
        yield server


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A device name of this test's own: retained messages outlive a test."""
    return f"utm-{abs(hash(request.node.nodeid)) % 10**8}"


@pytest.fixture
def config(broker: BrokerUnderTest, server: Server, name: str, tmp_path: Path) -> Path:
    url = broker.gateway_url(f"gw-{name}", [name])
    return write_config(
        tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices={name: 1}
    )


@pytest.fixture
def platform(broker: BrokerUnderTest) -> Iterator[Platform]:
    with platform_at(broker.url("yixiang")) as platform:
        yield platform


def unlock(command: str, *, lease_ms: int, valid_ms: int = 5000) -> dict[str, object]:
    return {
        "s": 1,
        "id": command,
        "exp": now_ms() + valid_ms,
        "do": "set",
        "target": "interlock",
        "value": "unlocked",
        "lease_until": now_ms() + lease_ms,
    }


def is_shown(platform: Platform, device: str, run_ms: int) -> bool:
    return bool(platform.value_of(device, "run_ms") == run_ms)


def has_heard(platform: Platform, device: str, count: int) -> bool:
    return len(platform.all(f"{device}/m")) > count


def coil_writes(device: Tensile) -> list[bool]:
    return [pdu[3] == 0xFF for pdu in device.requests if pdu[0] == 5]


def test_run_is_told_by_its_first_and_last_counters(
    config: Path, platform: Platform, tensile: Tensile, name: str
) -> None:
    with gateway_on(config):
        birth = platform.wait(f"{name}/birth")
        until(lambda: platform.value_of(name, "run_ms") == 5000, what="the idle counter")
        tensile.show(status=1, run_ms=5400)
        start = platform.wait(f"{name}/evt", lambda b: b["e"] == "start")
        tensile.show(status=2, run_ms=70_000, cycles=4)
        beat = platform.wait(f"{name}/evt", lambda b: b["e"] == "hb")
        tensile.show(status=3, run_ms=71_000)
        until(lambda: platform.value_of(name, "phase") == 3, what="the cool-down")
        tensile.show(status=0, run_ms=72_500, energy_wh=1250)
        stop = platform.wait(f"{name}/evt", lambda b: b["e"] == "stop")
        platform.wait(f"{name}/state", lambda b: b["session"] is None and b["ts"] >= stop["ts"])

    assert birth["model"] == "YX-UTM50"
    assert birth["gw"] == f"gw-{name}"
    assert [(m["n"], m["u"], m["t"]) for m in birth["metrics"]] == [
        ("fault_code", "1", "i"),
        ("power_w", "W", "f"),
        ("frame_temp", "Cel", "f"),
        ("force_n", "N", "f"),
        ("extension_mm", "mm", "f"),
        ("run_ms", "ms", "c"),
        ("cycles", "1", "c"),
        ("energy_wh", "Wh", "c"),
        ("phase", "1", "i"),
        ("interlock", "1", "b"),
    ]
    assert (start["run_ms"], start["cycles"], start["energy_wh"]) == (5000, 3, 1000)
    assert beat["run_ms"] == 70_000
    assert (stop["run_ms"], stop["cycles"], stop["energy_wh"]) == (72_500, 4, 1250)
    assert start["session"] == beat["session"] == stop["session"]
    states = [(b["online"], b["op"], b["mode"]) for b in platform.all(f"{name}/state")]
    steps = [a for a, b in pairwise([*states, None]) if a != b]
    assert steps[-5:] == [
        (True, "not_executing", "none"),
        (True, "executing", "setup"),
        (True, "executing", "processing"),
        (True, "not_executing", "setup"),
        (True, "not_executing", "none"),
    ]
    sessions = {b["session"] for b in platform.all(f"{name}/state") if b["op"] == "executing"}
    assert sessions == {start["session"]}


def test_numbers_go_on_over_restarts_and_the_spool_empties(
    config: Path, platform: Platform, tensile: Tensile, name: str
) -> None:
    for round_ in range(3):
        with gateway_on(config) as gateway:
            boot = gateway.units[name].twin.record.boot
            tensile.show(run_ms=10_000 + round_)
            until(partial(is_shown, platform, name, 10_000 + round_), what="the counter")
            until(lambda: gateway.spool.count() == 0, what="an empty spool")

    numbers = platform.numbers(name, boot)
    assert numbers == list(range(1, len(numbers) + 1))
    assert {body["boot"] for body in platform.all(f"{name}/m")} == {boot}


def test_session_goes_on_over_a_restart_of_the_gateway(
    config: Path, platform: Platform, tensile: Tensile, name: str
) -> None:
    with gateway_on(config):
        platform.wait(f"{name}/m")
        tensile.show(status=2, run_ms=6000)
        start = platform.wait(f"{name}/evt", lambda b: b["e"] == "start")
    tensile.show(status=0, run_ms=9000)
    with gateway_on(config):
        stop = platform.wait(f"{name}/evt", lambda b: b["e"] == "stop")

    assert (stop["session"], stop["run_ms"]) == (start["session"], 9000)
    assert {(b["seq"], b["e"]) for b in platform.all(f"{name}/evt")} == {
        (start["seq"], "start"),
        (stop["seq"], "stop"),
    }


def test_device_switched_off_in_a_run_ends_it_and_begins_a_new_boot(
    config: Path, platform: Platform, tensile: Tensile, name: str
) -> None:
    with gateway_on(config):
        platform.wait(f"{name}/m")
        tensile.show(status=2, run_ms=6000)
        start = platform.wait(f"{name}/evt", lambda b: b["e"] == "start")
        until(lambda: platform.value_of(name, "run_ms") == 6000)
        tensile.show(status=0, run_ms=6500, boot=2)
        stop = platform.wait(f"{name}/evt", lambda b: b["e"] == "stop")
        birth = platform.wait(f"{name}/birth", lambda b: b["boot"] != start["boot"])
        platform.wait(f"{name}/m", lambda b: b["boot"] == birth["boot"] and b["seq"] == 1)

    assert (stop["boot"], stop["run_ms"]) == (start["boot"], 6000)


def test_nothing_is_lost_while_the_server_is_away(
    config: Path, platform: Platform, tensile: Tensile, name: str
) -> None:
    platform.acknowledges = False
    with gateway_on(config) as gateway:
        for value in range(20_000, 20_020):
            tensile.show(run_ms=value)
            until(partial(is_shown, platform, name, value), what="the counter")
        waiting = gateway.spool.count()
        platform.acknowledges = True
        until(lambda: gateway.spool.count() == 0, what="an empty spool")
        boot = gateway.units[name].twin.record.boot

    assert waiting >= 20
    numbers = platform.numbers(name, boot)
    assert numbers == list(range(1, len(numbers) + 1))


def test_unlock_is_leased_and_ends_by_itself_with_the_platform_gone(
    server: Server, tensile: Tensile, name: str, tmp_path: Path
) -> None:
    with run_broker() as broker, platform_at(broker.url("yixiang")) as platform:
        url = broker.gateway_url(f"gw-{name}", [name])
        config = write_config(
            tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices={name: 1}
        )
        with gateway_on(config):
            platform.wait(f"{name}/m")
            platform.command(name, unlock("cmd-1", lease_ms=1500))
            result = platform.wait(f"{name}/res")
            assert (result["ok"], result["state"]) == (True, "unlocked")
            assert tensile.coil[0] is True
            assert tensile.holding[0] == 2
            ends_ms = now_ms() + 1500
            broker.kill()

            until(lambda: tensile.coil[0] is False, limit_s=4, what="the lock")

            locked_ms = now_ms()
            broker.start()
            until(lambda: platform.value_of(name, "interlock") is False, what="the news of it")
    assert locked_ms - ends_ms < 600
    assert coil_writes(tensile) == [True, False]


def test_command_heard_twice_is_carried_out_once_and_answered_twice(
    config: Path, platform: Platform, tensile: Tensile, name: str
) -> None:
    command = unlock("cmd-twice", lease_ms=60_000)
    with gateway_on(config):
        platform.wait(f"{name}/m")
        platform.command(name, command)
        platform.wait(f"{name}/res")
        platform.command(name, command)
        until(lambda: len(platform.all(f"{name}/res")) == 2, what="the second answer")
    with gateway_on(config):
        platform.command(name, command)
        until(lambda: len(platform.all(f"{name}/res")) == 3, what="the answer after a restart")

    first, *others = platform.all(f"{name}/res")
    assert others == [first, first]
    assert coil_writes(tensile) == [True]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"exp": 1000}, "expired", id="too late"),
        pytest.param({"lease_until": 1000}, "lease_over", id="lease over"),
        pytest.param({"lease_until": None}, "malformed", id="no lease"),
        pytest.param({"value": "toggle"}, "unsupported", id="not absolute"),
        pytest.param({"target": "heater"}, "unsupported", id="another target"),
        pytest.param({"exp": "soon"}, "malformed", id="nonsense"),
    ],
)
def test_command_is_refused_with_its_reason(
    change: dict[str, object],
    error: str,
    config: Path,
    platform: Platform,
    name: str,
) -> None:
    command = unlock(f"cmd-{name}", lease_ms=60_000) | change
    with gateway_on(config):
        platform.wait(f"{name}/m")
        platform.command(name, command)
        result = platform.wait(f"{name}/res")

        until(lambda: platform.value_of(name, "interlock") is False, what="a locked relay")
    assert (result["id"], result["ok"], result["error"]) == (f"cmd-{name}", False, error)


def test_relay_is_brought_to_its_wanted_state_after_a_restart(
    config: Path, platform: Platform, tensile: Tensile, name: str
) -> None:
    with gateway_on(config):
        platform.wait(f"{name}/m")
        platform.command(name, unlock("cmd-restart", lease_ms=60_000))
        platform.wait(f"{name}/res")
    tensile.coil[0] = False

    with gateway_on(config):
        until(lambda: tensile.coil[0] is True, what="the relay open again")


def test_lease_that_ended_while_the_gateway_was_away_is_ended_at_its_start(
    config: Path, platform: Platform, tensile: Tensile, name: str
) -> None:
    with gateway_on(config):
        platform.wait(f"{name}/m")
        platform.command(name, unlock("cmd-short", lease_ms=300))
        platform.wait(f"{name}/res")
    tensile.coil[0] = True

    with gateway_on(config):
        until(lambda: tensile.coil[0] is False, what="the lock")


def test_relay_that_does_not_obey_is_unknown_and_raises_an_alarm(
    config: Path, platform: Platform, tensile: Tensile, name: str
) -> None:
    tensile.ignores_coil_writes = True
    with gateway_on(config):
        platform.wait(f"{name}/m")
        platform.command(name, unlock("cmd-stuck", lease_ms=60_000))
        result = platform.wait(f"{name}/res")
        raised = platform.wait(f"{name}/alarm")
        until(lambda: platform.value_of(name, "interlock") is None, what="an unknown state")
        tensile.ignores_coil_writes = False
        cleared = platform.wait(f"{name}/alarm", lambda b: not b["active"])
        until(lambda: platform.value_of(name, "interlock") is True, what="a known state")

    assert (result["ok"], result["state"], result["error"]) == (False, "unknown", "mismatch")
    assert (raised["code"], raised["active"]) == ("INTERLOCK_MISMATCH", True)
    assert cleared["code"] == "INTERLOCK_MISMATCH"


def test_absent_device_is_offline_and_stops_nobody(
    broker: BrokerUnderTest, platform: Platform, server: Server, name: str, tmp_path: Path
) -> None:
    names = {name: 1, f"{name}-gone": 9}
    url = broker.gateway_url(f"gw-{name}", list(names))
    config = write_config(tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices=names)
    with gateway_on(config):
        platform.wait(f"{name}/state", lambda b: b["online"])
        gone = platform.wait(f"{name}-gone/state")

    assert (gone["online"], gone["op"]) == (False, "not_available")


def test_silent_instrument_is_metered_by_what_its_meter_sees(
    broker: BrokerUnderTest, platform: Platform, server: Server, name: str, tmp_path: Path
) -> None:
    meter = Device()
    server.devices[5] = meter
    (tmp_path / "by-load.toml").write_text(
        '[profile]\nname = "by-load"\nmodel = "M"\n[[metric]]\nname = "power_w"\naddress = 0\n'
        'type = "uint16"\n[[metric]]\nname = "energy_wh"\naddress = 1\ntype = "uint32"\n'
        'exact = true\n[phase]\nmetric = "power_w"\nrun_above = 150\nidle_below = 100\n'
        'hold = "300ms"\n[counters]\nenergy_wh = "energy_wh"\n',
        encoding="utf-8",
    )

    def draw(watts: int, energy_wh: int) -> None:
        meter.put("holding", 0, struct.pack(">HI", watts, energy_wh))

    draw(20, 1000)
    url = broker.gateway_url(f"gw-{name}", [name])
    config = write_config(
        tmp_path,
        name=f"gw-{name}",
        broker=url,
        port=server.port,
        devices={name: 5},
        more='profiles = "."',
    )
    config.write_text(config.read_text().replace('"sim-tensile"', '"by-load"'))
    with gateway_on(config):
        until(lambda: platform.value_of(name, "phase") == 0, what="standing idle")
        draw(900, 1000)
        start = platform.wait(f"{name}/evt", lambda b: b["e"] == "start")
        until(lambda: (platform.value_of(name, "run_ms") or 0) > 500, what="half a second")
        draw(20, 1050)
        stop = platform.wait(f"{name}/evt", lambda b: b["e"] == "stop")
    with gateway_on(config):
        until(lambda: platform.value_of(name, "run_ms") == stop["run_ms"], what="the same counter")

    assert (start["run_ms"], start["energy_wh"], stop["energy_wh"]) == (0, 1000, 1050)
    # What was counted is the time between the events, to within a poll.
    assert abs(stop["run_ms"] - (stop["ts"] - start["ts"])) <= 250


def test_register_the_device_does_not_have_costs_only_itself(
    config: Path, platform: Platform, tensile: Tensile, name: str
) -> None:
    del tensile.input[8], tensile.input[9]
    with gateway_on(config) as gateway:
        until(lambda: platform.value_of(name, "energy_wh") == 1000, what="the last register")
        [group] = gateway.units[name].groups
        until(lambda: list(group.absent) == ["extension_mm"], what="the lesson")
        requests = [(layout.table, layout.address) for layout in group.layouts]
        until(lambda: platform.value_of(name, "force_n") == 0.0, what="its neighbour")

    assert ("input", 8) not in requests
    assert len(requests) <= 5
    assert platform.value_of(name, "extension_mm") is None


def test_status_the_profile_does_not_know_is_no_phase(
    config: Path, platform: Platform, tensile: Tensile, name: str
) -> None:
    with gateway_on(config):
        platform.wait(f"{name}/state", lambda b: b["op"] == "not_executing")
        tensile.show(status=9)
        state = platform.wait(f"{name}/state", lambda b: b["op"] == "not_available" and b["online"])
        until(lambda: platform.value_of(name, "phase") is None, what="no phase")

    assert (state["mode"], state["session"]) == ("none", None)
    assert platform.all(f"{name}/evt") == []


def test_device_that_comes_back_is_online_again(
    config: Path, platform: Platform, server: Server, name: str
) -> None:
    port = server.port
    with gateway_on(config):
        platform.wait(f"{name}/state", lambda b: b["online"])
        server.close()
        platform.wait(f"{name}/state", lambda b: not b["online"])
        server.listen(port=port)
        until(lambda: platform.all(f"{name}/state")[-1]["online"], what="its return")


def test_silent_unit_costs_its_neighbours_less_than_a_tenth_of_their_polls(
    broker: BrokerUnderTest, name: str, tmp_path: Path
) -> None:
    neighbours = {unit: Tensile() for unit in (1, 2, 3)}
    times: dict[int, list[int]] = {unit: [] for unit in neighbours}
    names = {f"{name}-{unit}": unit for unit in (1, 2, 3, 9)}
    url = broker.gateway_url(f"gw-{name}", list(names))
    enough = threading.Event()
    shares: list[dict[int, float]] = []
    with serving(dict(neighbours)) as server:

        def note(request, pdu):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  # a Behaviour
            if request.pdu[0] == 4:
                times[request.unit].append(now_ms())
                if len(times[1]) > 45:
                    enough.set()
            return request.frame(pdu)

        server.behave = note
        config = write_config(
            tmp_path, name=f"gw-{name}", broker=url, port=server.port, devices=names
        )
        with gateway_on(config) as gateway:
            # The breaker needs three failures to open; what counts is what comes after.
            until(lambda: gateway.units[f"{name}-9"].breaker.opens_until_s > 0)
            # A machine that is busy costs one window or two; a silent unit would cost them all.
            for _ in range(4):
                began_ms = now_ms()
                for seen in times.values():
                    seen.clear()
                enough.clear()
                assert enough.wait(20)
                due = (now_ms() - began_ms) / 100
                shares.append({unit: len(seen) / due for unit, seen in times.items()})
                if min(shares[-1].values()) >= SHARE_LEFT:
                    break

    assert max(min(share.values()) for share in shares) >= SHARE_LEFT, shares


def test_wrong_files_stop_the_start_with_every_line_and_reason(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(
        '[profile]\nname = "bad"\nmodel = "X"\n\n[[metric]]\nname = "a"\naddress = 70000\n'
        'type = "float33"\n',
        encoding="utf-8",
    )
    config = tmp_path / "gateway.toml"
    config.write_text(
        '[gateway]\nname = "GW 1"\nbroker = "mqtt://b"\nspool = "s.sqlite"\nprofiles = "."\n'
        '[[device]]\nname = "d"\nlink = "none"\nunit = 1\nprofile = "bad"\n',
        encoding="utf-8",
    )

    done = subprocess.run(
        [*GATEWAY, "--config", str(config)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 2
    places = [line.split(": ")[0].rsplit("/", 1)[-1] for line in done.stderr.splitlines()]
    assert places == ["bad.toml:7", "bad.toml:8", "gateway.toml:2", "gateway.toml:8"]
    assert "Traceback" not in done.stderr


def test_process_says_when_it_runs_and_ends_at_a_signal(
    config: Path, platform: Platform, name: str, tmp_path: Path
) -> None:
    ready = tmp_path / "ready.json"
    process = subprocess.Popen(
        [*GATEWAY, "--config", str(config), "--ready-file", str(ready)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(ready.exists, limit_s=20, what="the ready file")
        assert json.loads(ready.read_text())["pid"] == process.pid
        platform.wait(f"{name}/state", lambda b: b["online"])
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()

    assert process.returncode == 0
    assert "gateway ready" in log
    assert "gateway stopped" in log
    assert platform.all(f"gw-{name}/state")[-1]["online"] is False


def test_gateway_killed_again_and_again_loses_and_repeats_no_number(
    config: Path, platform: Platform, tensile: Tensile, name: str, tmp_path: Path
) -> None:
    def keep_changing(stopping: threading.Event) -> None:
        value = 100_000
        while not stopping.wait(0.01):
            value += 1
            tensile.show(run_ms=value)

    stopping = threading.Event()
    changer = threading.Thread(target=keep_changing, args=(stopping,))
    changer.start()
    try:
        for round_ in range(2):
            ready = tmp_path / f"ready-{round_}.json"
            process = subprocess.Popen(
                [*GATEWAY, "--config", str(config), "--ready-file", str(ready)],
                cwd=ROOT,
                stderr=subprocess.DEVNULL,
            )
            until(ready.exists, limit_s=20, what="the ready file")
            heard = len(platform.all(f"{name}/m"))
            until(partial(has_heard, platform, name, heard + 8), what="more messages")
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    finally:
        stopping.set()
        changer.join()
    with gateway_on(config) as gateway:
        until(lambda: gateway.spool.count() == 0, what="an empty spool")
        boot = gateway.units[name].twin.record.boot

    numbers = platform.numbers(name, boot)
    assert numbers == list(range(1, len(numbers) + 1))
    by_seq: dict[int, dict[str, object]] = {}
    for body in platform.all(f"{name}/m"):
        assert by_seq.setdefault(body["seq"], body) == body
    with sqlite3.connect(tmp_path / "spool.sqlite") as db:
        # What was read in its last moment waits for the next start.
        waiting = [seq for (seq,) in db.execute("SELECT seq FROM outbox")]
        given = len({*numbers, *waiting})
        assert db.execute("SELECT next_seq FROM boot").fetchall() == [(given + 1,)]
    db.close()
