"""The physics every pretend instrument must keep, whatever its model."""

import pytest

from sims.instruments.furnace import Furnace
from sims.machine import Machine, Monitor, Phase
from sims.models import MODELS
from sims.operators import Habits, Operator

WORKERS = [name for name, model in MODELS.items() if not issubclass(model.machine, Monitor)]
EVERY_WORKER = pytest.mark.parametrize("name", sorted(WORKERS))
EVERY_MODEL = pytest.mark.parametrize("name", sorted(MODELS))
STEP_MS = 100


def machine_of(name: str, seed: str = "seven") -> Machine:
    machine = MODELS[name].machine(seed=seed)
    machine.power_up()
    return machine


def live(machine: Machine, seconds: float) -> None:
    for _ in range(round(seconds * 1000 / STEP_MS)):
        machine.watch_lease(STEP_MS)
        machine.advance(STEP_MS)


def start(machine: Machine) -> None:
    machine.lease(0xFFFF)
    machine.unlock()
    assert machine.start() is not isinstance(machine, Monitor)


def live_until(machine: Machine, phase: Phase, limit_s: float) -> None:
    for _ in range(round(limit_s * 1000 / STEP_MS)):
        if machine.phase is phase:
            return
        live(machine, STEP_MS / 1000)
    pytest.fail(f"{machine.MODEL} is not in {phase.name} after {limit_s} s")


def phase_of(machine: Machine) -> Phase:
    """Read the phase anew: mypy would hold on to what an earlier assert said."""
    return machine.phase


@EVERY_MODEL
def test_energy_is_the_integral_of_power(name: str) -> None:
    machine = machine_of(name)
    start(machine)
    drawn_mj = 0.0

    for _ in range(1200):
        machine.advance(STEP_MS)
        drawn_mj += machine.power_w * STEP_MS

    assert machine.counters.energy_mj == pytest.approx(drawn_mj, abs=1200)
    assert machine.counters.energy_mj > 0


@EVERY_MODEL
def test_same_seed_gives_the_same_series(name: str) -> None:
    one, same, other = machine_of(name), machine_of(name), machine_of(name, seed="eight")
    series: list[list[object]] = [[], [], []]
    for machine, seen in zip((one, same, other), series, strict=True):
        start(machine)
        for _ in range(1500):
            machine.advance(STEP_MS)
            seen.append([machine.measure(metric.name) for metric in machine.METRICS])

    assert series[0] == series[1]
    assert series[0] != series[2]


@EVERY_WORKER
def test_counters_only_rise_and_run_ms_counts_working_time_exactly(name: str) -> None:
    machine = machine_of(name)
    start(machine)
    worked_ms = 0
    before = (0, 0, 0)

    for step in range(6500):
        if step == 3000:
            machine.lock()
        was_working = machine.phase in {Phase.WARM_UP, Phase.RUN, Phase.COOL_DOWN}
        machine.advance(STEP_MS)
        worked_ms += STEP_MS * was_working
        now = (machine.run_ms, machine.cycles, machine.energy_wh)
        assert all(a <= b for a, b in zip(before, now, strict=True))
        before = now

    assert machine.run_ms == worked_ms
    assert phase_of(machine) is Phase.IDLE


@EVERY_WORKER
def test_run_goes_through_its_phases_in_order(name: str) -> None:
    machine = machine_of(name)
    seen = [machine.phase]
    start(machine)

    for _ in range(20_000):
        if machine.phase is not seen[-1]:
            seen.append(machine.phase)
        if machine.phase is Phase.RUN and machine.phase_ms >= 30_000:
            machine.lock()
        if machine.phase is Phase.IDLE and len(seen) > 2:
            break
        machine.advance(STEP_MS)

    assert seen == [Phase.IDLE, Phase.WARM_UP, Phase.RUN, Phase.COOL_DOWN, Phase.IDLE]


@EVERY_WORKER
def test_working_draws_more_than_standing_idle(name: str) -> None:
    machine = machine_of(name)
    live(machine, 10)
    idle_mj = machine.counters.energy_mj
    start(machine)
    live_until(machine, Phase.RUN, 1500)
    before = machine.counters.energy_mj
    live(machine, 10)

    assert machine.counters.energy_mj - before > 1.5 * idle_mj


@EVERY_WORKER
def test_locking_stops_the_run_and_nothing_starts_while_locked(name: str) -> None:
    machine = machine_of(name)
    start(machine)
    live_until(machine, Phase.RUN, 1500)

    machine.lock()

    assert phase_of(machine) is Phase.COOL_DOWN
    live_until(machine, Phase.IDLE, 1500)
    assert not machine.start()
    assert phase_of(machine) is Phase.IDLE


def test_lease_opens_the_relay_when_it_ends() -> None:
    machine = machine_of("YX-UTM50")
    machine.lease(3)
    machine.unlock()
    machine.start()

    live(machine, 2.9)
    assert (machine.interlock, machine.lease_seconds) == (True, 1)
    live(machine, 0.1)

    assert (machine.interlock, machine.lease_seconds) == (False, 0)
    assert phase_of(machine) is Phase.COOL_DOWN


def test_relay_without_a_lease_opens_after_its_grace() -> None:
    machine = machine_of("YX-UTM50")
    machine.unlock()

    live(machine, 9.9)
    assert machine.interlock
    live(machine, 0.1)

    assert not machine.interlock


def test_lease_written_within_the_grace_keeps_the_relay_closed() -> None:
    machine = machine_of("YX-UTM50")
    machine.unlock()
    live(machine, 5)
    machine.lease(60)

    live(machine, 30)

    assert (machine.interlock, machine.lease_seconds) == (True, 30)


def test_lease_of_zero_locks_at_once() -> None:
    machine = machine_of("YX-UTM50")
    machine.lease(60)
    machine.unlock()

    machine.lease(0)

    assert not machine.interlock


def test_watchdog_that_is_off_never_locks() -> None:
    machine = machine_of("YX-UTM50")
    machine.lease(0xFFFF)
    machine.unlock()

    live(machine, 100)

    assert (machine.interlock, machine.lease_seconds) == (True, 0xFFFF)


def test_stuck_relay_lets_the_run_go_on() -> None:
    machine = machine_of("YX-UTM50")
    start(machine)
    live(machine, 30)
    machine.relay_stuck = True

    machine.lock()
    live(machine, 30)

    assert machine.interlock
    assert phase_of(machine) is Phase.RUN
    machine.relay_stuck = False
    live(machine, 0.1)
    assert phase_of(machine) is Phase.COOL_DOWN


def test_power_cut_keeps_counters_and_opens_the_relay() -> None:
    machine = machine_of("YX-UTM50")
    start(machine)
    live(machine, 30)
    machine.power_down()

    machine.power_up()

    assert (machine.run_ms, machine.counters.boots) == (30_000, 2)
    assert (machine.phase, machine.interlock) == (Phase.IDLE, False)


def test_fault_stays_until_it_is_reset() -> None:
    machine = machine_of("YX-ECC225")
    start(machine)
    machine.trip(17)

    live(machine, 60)
    assert (machine.phase, machine.fault_code) == (Phase.FAULT, 17)
    assert not machine.start()
    machine.reset()

    assert (machine.phase, machine.fault_code) == (Phase.IDLE, 0)


def test_tensile_tester_breaks_specimens_below_its_capacity() -> None:
    machine = machine_of("YX-UTM50")
    start(machine)
    highest = 0.0
    for _ in range(6000):
        machine.advance(STEP_MS)
        force = machine.measure("force_n")
        assert isinstance(force, float)
        highest = max(highest, force)

    assert machine.cycles >= 10
    assert 20_000 < highest < 50_000


def test_chamber_holds_its_setpoint() -> None:
    machine = machine_of("YX-ECC225")
    start(machine)
    live_until(machine, Phase.RUN, 1500)

    live(machine, 250)
    hot = machine.measure("chamber_temp")
    live(machine, 300)
    cold = machine.measure("chamber_temp")

    assert hot == pytest.approx(60, abs=1.5)
    assert cold == pytest.approx(10, abs=2.5)
    assert machine.measure("humidity") is None
    assert machine.cycles == 0
    live(machine, 60)
    assert machine.cycles == 1


def test_chromatograph_counts_an_injection_every_eight_minutes() -> None:
    machine = machine_of("YX-LC30")
    start(machine)
    live_until(machine, Phase.RUN, 60)

    live(machine, 479)
    assert machine.cycles == 0
    live(machine, 482)

    assert machine.cycles == 2


def test_person_starts_when_let_and_works_until_stopped() -> None:
    machine = machine_of("YX-UTM50")
    person = Operator(machine, Habits(delay_s=4, delay_spread_s=1), seed="alice")
    machine.lease(0xFFFF)

    def watch(seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            person.watch(STEP_MS)
            machine.advance(STEP_MS)

    watch(60)
    assert phase_of(machine) is Phase.IDLE
    machine.lease(0xFFFF)
    machine.unlock()
    watch(2.9)
    assert phase_of(machine) is Phase.IDLE
    watch(2.2)
    assert phase_of(machine) is Phase.WARM_UP
    watch(1500)
    assert phase_of(machine) is Phase.RUN
    machine.lock()
    watch(60)
    assert phase_of(machine) is Phase.IDLE


def test_person_goes_home_after_the_run_they_came_for() -> None:
    machine = machine_of("YX-UTM50")
    person = Operator(machine, Habits(delay_s=0, delay_spread_s=0, run_s=60), seed="alice")
    machine.lease(0xFFFF)
    machine.unlock()

    for _ in range(3000):
        person.watch(STEP_MS)
        machine.advance(STEP_MS)

    assert phase_of(machine) is Phase.IDLE
    assert machine.run_ms == pytest.approx(85_000, abs=300)


def test_person_who_does_not_show_up_starts_nothing() -> None:
    machine = machine_of("YX-UTM50")
    person = Operator(machine, Habits(present=False), seed="alice")
    machine.lease(0xFFFF)
    machine.unlock()

    for _ in range(1500):
        person.watch(STEP_MS)
        machine.advance(STEP_MS)

    assert machine.run_ms == 0


def test_autoclave_holds_its_temperature_and_stops_by_itself() -> None:
    machine = machine_of("YX-AC150")
    start(machine)
    live_until(machine, Phase.RUN, 1500)
    live(machine, 600)
    assert machine.measure("chamber_temp") == pytest.approx(121.3, abs=1.0)
    # Saturated steam at 121 °C presses 205 kPa (steam tables).
    assert machine.measure("pressure_kpa") == pytest.approx(206, abs=6)

    live_until(machine, Phase.IDLE, 1500)

    assert machine.cycles == 1
    assert machine.interlock
    f0 = machine.measure("f0_min")
    assert isinstance(f0, float)
    assert 12 < f0 < 18


def test_furnace_cycles_its_heater_within_one_run_and_ages() -> None:
    machine, old = machine_of("YX-MF1200"), machine_of("YX-MF1200")
    old.counters.run_ms = 1000 * 3_600_000
    switched = 0
    for each in (machine, old):
        start(each)
        live_until(each, Phase.RUN, 1500)
    was_on = machine.measure("heater_on")
    for _ in range(6000):
        machine.advance(STEP_MS)
        switched += machine.measure("heater_on") != was_on
        was_on = machine.measure("heater_on")

    assert switched >= 6
    assert phase_of(machine) is Phase.RUN
    live(old, 300)
    # A thousand hot hours make the thermocouple read 20 °C low, so the furnace runs hotter.
    assert isinstance(old, Furnace)
    assert old.true_temp - old.furnace_temp == pytest.approx(20, abs=0.5)


def test_spectrometer_loses_signal_as_its_cones_wear() -> None:
    signals = []
    for samples in (0, 4000):
        machine = machine_of("YX-ICP90")
        machine.counters.cycles = samples
        start(machine)
        live_until(machine, Phase.RUN, 1500)
        live(machine, 45)
        signals.append(machine.measure("signal_kcps"))

    new, worn = signals
    assert isinstance(new, float)
    assert isinstance(worn, float)
    assert worn / new == pytest.approx(0.7, abs=0.03)


def test_microscope_waits_for_its_vacuum() -> None:
    machine = machine_of("YX-SEM70")
    start(machine)

    live(machine, 60)
    assert phase_of(machine) is Phase.WARM_UP
    live_until(machine, Phase.RUN, 300)

    pressure = machine.measure("chamber_pa")
    assert isinstance(pressure, float)
    assert pressure < 0.005


def test_meter_turns_over_at_eight_digits() -> None:
    machine = machine_of("YX-PM10")
    machine.counters.energy_mj = 99_999_999 * 3_600_000
    assert machine.energy_wh == 99_999_999

    live(machine, 60)

    assert machine.energy_wh < 100


def test_supply_lives_on_its_battery_while_the_mains_are_gone() -> None:
    machine = machine_of("YX-UPS3")
    machine.trip(1)
    live(machine, 600)
    assert (machine.measure("is_on_battery"), machine.measure("input_v")) == (True, 0.0)
    assert machine.power_w == 0
    battery = machine.measure("battery")
    assert isinstance(battery, float)
    assert 75 < battery < 92

    machine.reset()
    live(machine, 600)

    recharged = machine.measure("battery")
    assert isinstance(recharged, float)
    assert recharged > battery


def test_monitor_cannot_be_started() -> None:
    machine = machine_of("YX-EN20")
    start(machine)

    live(machine, 60)

    assert (machine.phase, machine.run_ms) == (Phase.IDLE, 0)
