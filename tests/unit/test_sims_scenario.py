"""Scenarios say where they are wrong."""

import pytest

from sims.clock import Elapsed, SimClock
from sims.faults import Board, Fault
from sims.lab import Lab, Place
from sims.machine import Phase
from sims.scenario import DEMO, BadScenario, fleet, load, parse, span_ms

GOOD = """\
[lab]
seed = "x"
[[link]]
name = "a"
[[device]]
name = "one"
model = "YX-UTM50"
link = "a"
unit = 1
[device.operator]
delay_s = 2
[[device]]
name = "two"
model = "YX-LC30"
[[step]]
at = "30s"
device = "one"
do = "fault"
fault = { kind = "trip", code = 7 }
"""


def test_demo_scenario_is_good() -> None:
    names = [device.name for device in load(DEMO).device]

    assert names == [
        "tensile-01",
        "chamber-01",
        "hplc-01",
        "autoclave-01",
        "furnace-01",
        "icpms-01",
        "sem-01",
    ]


def test_good_scenario_is_read() -> None:
    scenario = parse(GOOD)

    assert scenario.device[0].operator.delay_s == 2
    assert scenario.step[0].fault == Fault("trip", code=7)
    assert scenario.step[0].at_ms == 30_000


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('seed = "x"', "seed = ", 2, "Invalid value"),
        ('seed = "x"', 'sead = "x"', 2, "unknown field `sead`"),
        ('seed = "x"', "speed = 2000", 2, "speed must be"),
        ('name = "one"', 'name = "One"', 6, "no device name"),
        ('name = "two"', 'name = "one"', 13, "device one is there twice"),
        ("YX-UTM50", "YX-UTM51", 7, "no model 'YX-UTM51'"),
        ('link = "a"', 'link = "b"', 8, "no link is called 'b'"),
        ("unit = 1", "unit = 256", 9, "unit from 0 to 255"),
        ("unit = 1", 'unit = "1"', 9, "Expected `int | null`"),
        ('model = "YX-LC30"', 'model = "YX-LC30"\nlink = "a"\nunit = 2', 15, "no Modbus"),
        ('at = "30s"', 'at = "30"', 16, "no span of time"),
        ('device = "one"', 'device = "three"', 17, "no device is called 'three'"),
        ('do = "fault"', 'do = "explode"', 18, "nothing that can be done"),
        ('"trip", code = 7', '"trap", code = 7', 19, "no fault is called 'trap'"),
        ('"trip", code = 7', '"trip"', 19, "needs a `code`"),
    ],
)
def test_bad_scenario_says_line_and_reason(old: str, new: str, line: int, reason: str) -> None:
    assert old in GOOD

    with pytest.raises(BadScenario) as refused:
        parse(GOOD.replace(old, new), "lab.toml")

    assert str(refused.value).startswith(f"lab.toml:{line}: ")
    assert reason in str(refused.value)


def test_fleet_names_its_devices() -> None:
    scenario = fleet({"YX-LC30": 2, "YX-BA220": 1})

    assert [device.name for device in scenario.device] == ["lc30-0001", "lc30-0002", "ba220-0003"]
    with pytest.raises(BadScenario, match="no model 'YX-NONE'"):
        fleet({"YX-NONE": 1})


def test_busy_fleet_works_by_itself_and_not_all_at_once() -> None:
    lab = Lab(fleet({"YX-BA220": 10}, is_busy=True), SimClock(stepped=True), Place())
    for device in lab.devices.values():
        device.power_up()

    lab.step(300_000)
    phases = [device.machine.phase for device in lab.devices.values()]
    lab.step(900_000)

    assert 2 <= phases.count(Phase.RUN) <= 8
    assert all(device.machine.run_ms > 500_000 for device in lab.devices.values())


def test_large_fleet_takes_turns_and_keeps_step() -> None:
    lab = Lab(fleet({"YX-BA220": 400}), SimClock(), Place())
    for device in lab.devices.values():
        device.power_up()
    machines = [device.machine for device in lab.devices.values()]
    moved = []

    for _ in range(80):
        before = sum(machine.age_ms for machine in machines)
        lab.live(Elapsed(50, 50))
        moved.append((sum(machine.age_ms for machine in machines) - before) // 1000)

    assert max(moved) <= 20
    assert {machine.age_ms for machine in machines} <= {3000, 4000}


def test_fleet_that_fell_behind_catches_up() -> None:
    lab = Lab(fleet({"YX-BA220": 400}), SimClock(), Place())
    for device in lab.devices.values():
        device.power_up()

    lab.live(Elapsed(10_000, 10_000))
    for _ in range(60):
        lab.live(Elapsed(0, 0))

    assert {device.machine.age_ms for device in lab.devices.values()} == {10_000}


@pytest.mark.parametrize(
    ("text", "ms"), [("250ms", 250), ("30s", 30_000), ("1.5min", 90_000), ("7d", 604_800_000)]
)
def test_span_of_time_is_read(text: str, ms: int) -> None:
    assert span_ms(text) == ms


def test_fault_counts_down_and_goes_off() -> None:
    board = Board()
    board.switch_on(Fault("busy", times=2))

    taken = [board.take("busy") is not None for _ in range(3)]

    assert taken == [True, True, False]
    assert not board


def test_sensor_faults_of_two_metrics_are_two() -> None:
    board = Board()
    board.switch_on(Fault("offset", metric="power_w", value=5))
    board.switch_on(Fault("offset", metric="force_n", value=5))

    board.switch_off("offset", "power_w")

    assert [fault.metric for fault in board.listed()] == ["force_n"]
