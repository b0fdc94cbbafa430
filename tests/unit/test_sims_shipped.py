"""The scenarios that are shipped do what they say, without a socket."""

import pytest

from sims.clock import SimClock
from sims.device import SimDevice
from sims.lab import Lab, Place
from sims.scenario import SHIPPED, load


def lab_of(name: str) -> Lab:
    lab = Lab(load(SHIPPED[name]), SimClock(stepped=True), Place())
    for device in lab.devices.values():
        device.power_up()
    return lab


def unlock(device: SimDevice) -> None:
    device.act("unlock")


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_scenario_is_good(name: str) -> None:
    assert load(SHIPPED[name]).device


def test_overrun_goes_on_though_it_is_locked() -> None:
    lab = lab_of("overrun")
    tester = lab.devices["tensile-01"]
    unlock(tester)
    lab.step(120_000)

    tester.act("lock")
    lab.step(1_200_000)

    assert tester.shown()["phase"] == "run"
    assert tester.shown()["interlock"] == "unlocked"
    lab.step(1_500_000)
    assert tester.shown()["phase"] == "idle"


def test_nobody_comes() -> None:
    lab = lab_of("no-show")
    unlock(lab.devices["hplc-01"])

    lab.step(600_000)

    assert lab.devices["hplc-01"].machine.run_ms == 0


def test_power_cut_costs_the_run_and_no_counter() -> None:
    lab = lab_of("power-cut")
    hplc = lab.devices["hplc-01"]
    unlock(hplc)
    lab.step(299_900)
    before = hplc.machine.run_ms

    lab.step(60_000)
    assert not hplc.is_powered
    assert lab.devices["ups-01"].machine.measure("is_on_battery") is True
    lab.step(180_000)

    assert hplc.shown()["phase"] == "idle"
    assert hplc.shown()["interlock"] == "locked"
    assert hplc.machine.run_ms == before
    assert hplc.machine.counters.boots == 2


def test_samples_get_too_warm_and_the_store_says_so() -> None:
    lab = lab_of("sample-breach")
    store = lab.devices["store-01"].machine
    lab.step(290_000)
    assert store.alarms() == {}

    lab.step(3_600_000)
    alarm = store.alarms()["TEMP_HI"]
    lab.step(3_300_000 + 7_200_000)

    assert (alarm.severity, alarm.limit) == ("major", 8.0)
    assert alarm.value > 8
    assert store.alarms() == {}
