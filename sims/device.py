"""One pretend device: a machine, the person at it, its faults and its memory."""

from collections.abc import Callable

from sims.faults import Board, Fault
from sims.machine import NO_WATCHDOG, Counters, Machine, Value
from sims.models import Model
from sims.operators import Habits, Operator
from sims.store import Flash

SENSOR_FAULTS = {"offset", "drift", "stuck", "not_measured"}
MS_PER_H = 3_600_000
ACTIONS = ("start", "stop", "unlock", "lock")


class SimDevice:
    """What is the same whichever wire the device speaks."""

    protocol = "modbus"

    def __init__(self, name: str, model: Model, *, seed: str, habits: Habits, flash: Flash) -> None:
        memory = flash.memory
        self.name = name
        self.model = model
        self.flash = flash
        self.board = Board()
        self.machine: Machine = model.machine(
            seed=f"{seed}:{name}",
            counters=Counters(memory.run_ms, memory.cycles, memory.energy_mj, memory.boots),
        )
        self.operator = Operator(self.machine, habits, seed=f"{seed}:{name}:operator")
        self.is_powered = False
        self.is_unlocked_from_start = False
        self._is_tripped = False
        self._came_on_ms: dict[Fault, int] = {}

    # Power.

    def power_up(self) -> None:
        self.machine.power_up()
        self.is_powered = True
        self._is_tripped = False
        if self.is_unlocked_from_start:
            self.act("unlock")
        self.remember()

    def power_cut(self) -> None:
        self.is_powered = False
        self.machine.power_down()

    # Time.

    def live(self, physics_ms: int, calendar_ms: int, stamp_ms: int) -> None:
        """Live through one slice of time that ends at `stamp_ms`."""
        del stamp_ms  # only a device that writes its own stamps needs it
        if not self.is_powered:
            return
        self.machine.watch_lease(calendar_ms)
        self.operator.watch(physics_ms)
        # Twice, so that a run starts with the counters of before its first step.
        self.notice()
        self.machine.advance(physics_ms)
        self.notice()

    def notice(self) -> None:
        """Look whether the machine's phase changed, and say so."""

    def remember(self) -> None:
        """Put the counters into the device's memory, before anyone may see them."""
        memory, counters = self.flash.memory, self.machine.counters
        memory.run_ms, memory.cycles = counters.run_ms, counters.cycles
        memory.energy_mj, memory.boots = counters.energy_mj, counters.boots
        self.flash.write()

    def flush(self) -> None:
        """Send what is waiting to be sent."""

    def act(self, what: str) -> None:
        """Do what a person standing at the machine can do."""
        machine = self.machine
        if what not in ACTIONS:
            raise ValueError(f"{what!r} cannot be done; there are {', '.join(ACTIONS)}")
        if what == "start":
            machine.start()
        elif what == "stop":
            machine.stop()
        elif what == "unlock":
            machine.lease(NO_WATCHDOG)
            machine.unlock()
        else:
            machine.lock()

    # Faults.

    def switch_on(self, fault: Fault) -> None:
        self._came_on_ms.pop(fault, None)
        self.board.switch_on(fault)
        self.obey_faults()

    def switch_off(self, kind: str, metric: str = "") -> None:
        self.board.switch_off(kind, metric)
        self.obey_faults()

    def clear_faults(self) -> None:
        self.board.clear()
        self.obey_faults()

    def obey_faults(self) -> None:
        """Bring the machine to what the board says."""
        board, machine = self.board, self.machine
        if board.get("power_cut") is not None and self.is_powered:
            self.power_cut()
        elif board.get("power_cut") is None and not self.is_powered:
            self.power_up()
        trip = board.get("trip")
        if trip is not None and not self._is_tripped:
            machine.trip(trip.code)
        elif trip is None and self._is_tripped:
            machine.reset()
        self._is_tripped = trip is not None
        machine.relay_stuck = board.get("relay_stuck") is not None
        self.operator.present = self.operator.habits.present and board.get("no_show") is None
        machine.overlays = {
            fault.metric: _overlay(fault, machine, self._since_ms(fault))
            for fault in board.listed()
            if fault.kind in SENSOR_FAULTS
        }

    def _since_ms(self, fault: Fault) -> int:
        """Return how old the machine was when the fault came on."""
        return self._came_on_ms.setdefault(fault, self.machine.age_ms)

    def shown(self) -> dict[str, object]:
        """Return the device's state for the tester."""
        machine = self.machine
        return {
            "name": self.name,
            "model": self.model.name,
            "protocol": self.protocol,
            "powered": self.is_powered,
            "phase": machine.phase.name.lower(),
            "interlock": "unlocked" if machine.interlock else "locked",
            "lease_seconds": machine.lease_seconds,
            "boots": machine.counters.boots,
            "values": {metric.name: machine.measure(metric.name) for metric in machine.METRICS},
            "faults": self.board.listed(),
        }


def _overlay(fault: Fault, machine: Machine, since_ms: int) -> Callable[[Value], Value]:
    if fault.kind == "not_measured":
        return lambda _value: None
    if fault.kind == "stuck":
        return lambda _value: fault.value
    if fault.kind == "offset":
        return lambda value: None if value is None else value + fault.value

    def drift(value: Value) -> Value:
        hours = (machine.age_ms - since_ms) / MS_PER_H
        return None if value is None else value + fault.value * hours

    return drift
