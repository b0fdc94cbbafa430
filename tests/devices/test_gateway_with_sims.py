"""The gateway against the simulators, which share no code with it."""

from collections.abc import Iterator
from pathlib import Path
from time import time_ns

import pytest

from sims.faults import Fault
from sims.running import RunningLab, running
from tests.devices.field import Platform, gateway_on, platform_at, until
from tests.servers import BrokerUnderTest

NAMES = ["tensile-01", "chamber-01"]


@pytest.fixture
def platform(broker: BrokerUnderTest) -> Iterator[Platform]:
    with platform_at(broker.url("yixiang")) as platform:
        yield platform


def write(folder: Path, broker: BrokerUnderTest, port: int) -> Path:
    text = (
        f'[gateway]\nname = "gw-sims"\nbroker = "{broker.gateway_url("gw-sims", NAMES)}"\n'
        'spool = "spool.sqlite"\nack_silence = "1s"\n'
        f'[[link]]\nname = "line-1"\nhost = "127.0.0.1"\nport = {port}\ntimeout = "200ms"\n'
        'reconnect_pause = "50ms"\n'
    )
    for unit, (name, profile) in enumerate(
        zip(NAMES, ("sim-tensile", "sim-chamber"), strict=True), 1
    ):
        text += f'[[device]]\nname = "{name}"\nlink = "line-1"\nunit = {unit}\n'
        text += f'profile = "{profile}"\npoll_factor = 0.1\n'
    path = folder / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return path


def command(value: str, number: int, lease_ms: int) -> dict[str, object]:
    now_ms = time_ns() // 1_000_000
    return {
        "s": 1,
        "id": f"sims-{value}-{number}-{now_ms}",
        "exp": now_ms + 10_000,
        "do": "set",
        "target": "interlock",
        "value": value,
        "lease_until": now_ms + lease_ms if value == "unlocked" else None,
    }


def run_ms_of(lab: RunningLab) -> object:
    values = lab.shown("tensile-01")["values"]
    assert isinstance(values, dict)
    return values["run_ms"]


def test_simulated_run_is_metered_to_the_millisecond(
    broker: BrokerUnderTest, platform: Platform, tmp_path: Path
) -> None:
    with running(speed=20) as lab, gateway_on(write(tmp_path, broker, lab.modbus_port)):
        platform.wait("tensile-01/m")
        before = run_ms_of(lab)
        unlocking = command("unlocked", 1, 60_000)
        platform.command("tensile-01", unlocking)
        start = platform.wait("tensile-01/evt", lambda b: b["e"] == "start")
        until(lambda: platform.value_of("tensile-01", "phase") == 2, what="the run")
        assert lab.shown("tensile-01")["interlock"] in {True, "unlocked"}
        platform.command("tensile-01", command("locked", 2, 0))
        stop = platform.wait("tensile-01/evt", lambda b: b["e"] == "stop", limit_s=20)
        after = run_ms_of(lab)

    assert start["lease"] == unlocking["id"]
    assert (start["run_ms"], stop["run_ms"]) == (before, after)
    assert after != before


FAULTS = [
    Fault("delay", ms=300),
    Fault("drop"),
    Fault("wrong_transaction"),
    Fault("wrong_unit"),
    Fault("wrong_function"),
    Fault("short_frame"),
    Fault("garbage"),
    Fault("exception", code=4),
    Fault("exception", code=11),
    Fault("busy"),
    Fault("disconnect"),
]


def test_no_fault_on_the_line_becomes_a_value_and_each_is_survived(
    broker: BrokerUnderTest, platform: Platform, tmp_path: Path
) -> None:
    """While one unit misbehaves in every way, what is reported stays what it shows."""
    with running(speed=1) as lab, gateway_on(write(tmp_path, broker, lab.modbus_port)) as gateway:
        platform.wait("chamber-01/m")
        platform.wait("tensile-01/m")
        link = gateway.links[0]
        for fault in FAULTS:
            failures = link.failures + link.exceptions
            lab.switch_on("tensile-01", fault)
            until(
                lambda failures=failures: link.failures + link.exceptions > failures,  # type: ignore[misc]  # bound now
                what=f"the fault {fault}",
            )
            lab.switch_off("tensile-01", fault.kind)
            gateway.units["tensile-01"].breaker.succeed()
        told = platform.all("tensile-01/state")
        until(lambda: platform.all("tensile-01/state")[-1]["online"], what="its return")
        births = platform.all("tensile-01/birth")
        keys = {m["n"]: m["k"] for m in births[0]["metrics"]}

    assert told
    seen: dict[int, list[object]] = {}
    for body in platform.all("tensile-01/m"):
        for entry in body["m"]:
            seen.setdefault(entry["k"], []).append(entry["v"])
    # Standing idle, the machine can only show these.
    assert set(seen[keys["phase"]]) <= {0, None}
    assert {
        v for v in seen[keys["power_w"]] if v is not None and not 0 < float(str(v)) < 500
    } == set()
    assert {
        v for v in seen[keys["frame_temp"]] if v is not None and not 0 < float(str(v)) < 60
    } == set()
    assert len({v for v in seen[keys["run_ms"]] if v is not None}) == 1
