"""What every pretend instrument has: phases, counters, and a relay that stops it."""

import random
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Literal

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

MJ_PER_WH = 3_600_000
NO_WATCHDOG = 0xFFFF
LEASE_GRACE_MS = 10_000
DRIFT_S = 1800.0
READINGS_MAX = 100_000

MetricKind = Literal["f", "i", "b", "c"]
Value = float | int | bool | None


class Phase(IntEnum):
    IDLE = 0
    WARM_UP = 1
    RUN = 2
    COOL_DOWN = 3
    FAULT = 4


WORKING = (Phase.WARM_UP, Phase.RUN, Phase.COOL_DOWN)


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured quantity: its key on the wire, its name, UCUM unit and kind."""

    key: int
    name: str
    unit: str
    kind: MetricKind


@dataclass(frozen=True, slots=True)
class Alarm:
    """A complaint: how bad, the value, and the limit it passed."""

    severity: str
    value: float
    limit: float


@dataclass(slots=True)
class Counters:
    """What a real instrument keeps through a power cut. Energy in millijoules, exactly."""

    run_ms: int = 0
    cycles: int = 0
    energy_mj: int = 0
    boots: int = 0


COMMON_METRICS = (
    Metric(1, "power_w", "W", "f"),
    Metric(2, "phase", "1", "i"),
    Metric(3, "interlock", "1", "b"),
    Metric(4, "run_ms", "ms", "c"),
    Metric(5, "cycles", "1", "c"),
    Metric(6, "energy_wh", "Wh", "c"),
)


class Machine(ABC):
    """A machine with a relay in its start circuit. Time is given to it in steps."""

    MODEL: ClassVar[str]
    FIRMWARE: ClassVar[str] = "1.4.0"
    METRICS: ClassVar[tuple[Metric, ...]] = COMMON_METRICS

    def __init__(self, *, seed: str, counters: Counters | None = None) -> None:
        self.counters = counters or Counters()
        self.chance = random.Random(seed)
        self.phase = Phase.IDLE
        self.phase_ms = 0
        self.age_ms = 0
        self.fault_code = 0
        self.power_w = 0.0
        self.ambient = 22.0 + self.chance.uniform(-1.5, 1.5)
        self.relay_stuck = False
        # Readings the instrument stamped itself: how old in ms, and what.
        self.readings: deque[tuple[int, dict[str, float]]] = deque(maxlen=READINGS_MAX)
        self.stamps_itself = False
        self.overlays: dict[str, Callable[[Value], Value]] = {}
        self._unlocked = False
        self._lease_ms: int | None = 0
        self._grace_ms = 0

    # The relay.

    @property
    def interlock(self) -> bool:
        """Tell whether the relay is closed and the machine may run (unlocked)."""
        return self._unlocked or self.relay_stuck

    def unlock(self) -> None:
        """Close the relay. Without a lease it opens again after a short grace."""
        self._unlocked = True
        if self._lease_ms == 0:
            self._grace_ms = LEASE_GRACE_MS

    def lock(self) -> None:
        self._unlocked = False
        self._lease_ms = 0
        self._grace_ms = 0
        if not self.interlock:
            self._stop_working()

    def lease(self, seconds: int) -> None:
        """Set the watchdog: seconds left, 0 to lock now, 0xFFFF for none."""
        if seconds == NO_WATCHDOG:
            self._lease_ms = None
        elif seconds == 0:
            self.lock()
        else:
            self._lease_ms = seconds * 1000

    @property
    def lease_seconds(self) -> int:
        if self._lease_ms is None:
            return NO_WATCHDOG
        return -(-self._lease_ms // 1000)

    def watch_lease(self, calendar_ms: int) -> None:
        """Let the watchdog live through `calendar_ms`."""
        if not self._unlocked:
            if self._lease_ms:
                self._lease_ms = max(0, self._lease_ms - calendar_ms)
            return
        if self._lease_ms is None:
            return
        if self._lease_ms > 0:
            self._lease_ms = max(0, self._lease_ms - calendar_ms)
            if self._lease_ms == 0:
                self.lock()
            return
        self._grace_ms -= calendar_ms
        if self._grace_ms <= 0:
            self.lock()

    # What a person at the machine can do.

    def start(self) -> bool:
        """Press start. Return whether the machine obeyed."""
        if self.phase is not Phase.IDLE or not self.interlock:
            return False
        self._enter(Phase.WARM_UP)
        return True

    def stop(self) -> None:
        self._stop_working()

    def trip(self, code: int) -> None:
        """Break down with a fault code, until someone resets it."""
        self.fault_code = code
        self._enter(Phase.FAULT)

    def reset(self) -> None:
        if self.phase is Phase.FAULT:
            self.fault_code = 0
            self._enter(Phase.IDLE)

    def power_up(self) -> None:
        """Switch the mains on: volatile state is gone, the relay is open, one more boot."""
        self.counters.boots += 1
        self.fault_code = 0
        self._unlocked = False
        self._lease_ms = 0
        self._grace_ms = 0
        self._enter(Phase.IDLE)
        if not self.stamps_itself:
            # It may be asked before the first step of physics, and what is on draws power.
            self.power_w = self._live(0.001)

    def power_down(self) -> None:
        """Pull the plug."""
        self._unlocked = False
        self._lease_ms = 0
        self.power_w = 0.0
        self._enter(Phase.IDLE)

    # Time.

    def advance(self, ms: int) -> None:
        """Live through one step of `ms` of physics."""
        if self.phase in WORKING and not self.interlock and self.phase is not Phase.COOL_DOWN:
            self._stop_working()
        self.age_ms += ms
        self.phase_ms += ms
        self.power_w = self._live(ms / 1000)
        self.counters.energy_mj += round(self.power_w * ms)
        if self.phase in WORKING:
            self.counters.run_ms += ms
            self._follow_phase()

    def measure(self, name: str) -> Value:
        """Return a metric as the instrument itself would report it."""
        value: Value = getattr(self, name)
        overlay = self.overlays.get(name)
        return value if overlay is None else overlay(value)

    def alarms(self) -> dict[str, Alarm]:
        """Return what the instrument itself complains of now, by code."""
        if self.phase is not Phase.FAULT:
            return {}
        return {f"FAULT_{self.fault_code}": Alarm("critical", float(self.fault_code), 0.0)}

    @property
    def run_ms(self) -> int:
        return self.counters.run_ms

    @property
    def cycles(self) -> int:
        return self.counters.cycles

    @property
    def energy_wh(self) -> int:
        return self.counters.energy_mj // MJ_PER_WH

    @property
    def boot_counter(self) -> int:
        return self.counters.boots

    @abstractmethod
    def _live(self, seconds: float) -> float:
        """Move the physics on and return the power drawn, in watts."""

    @abstractmethod
    def _is_warm(self) -> bool: ...

    @abstractmethod
    def _is_cool(self) -> bool: ...

    def _is_done(self) -> bool:
        """Tell whether the programme has ended by itself. Most go on until stopped."""
        return False

    def _follow_phase(self) -> None:
        if self.phase is Phase.WARM_UP and self._is_warm():
            self._enter(Phase.RUN)
        elif self.phase is Phase.RUN and self._is_done():
            self._stop_working()
        elif self.phase is Phase.COOL_DOWN and self._is_cool():
            self._enter(Phase.IDLE)

    def _stop_working(self) -> None:
        if self.phase in {Phase.WARM_UP, Phase.RUN}:
            self._enter(Phase.COOL_DOWN)

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self.phase_ms = 0

    def _wander(self, value: float, home: float, seconds: float, step: float) -> float:
        """Let a quantity drift at random, slowly called home."""
        return value + (home - value) * seconds / DRIFT_S + self.chance.gauss(0, step)

    def _near(self, value: float, target: float, seconds: float, tau_s: float) -> float:
        """Move a first-order quantity towards its target."""
        return value + (target - value) * min(1.0, seconds / tau_s)


class Monitor(Machine):
    """Something that only watches: no run, no relay, always on."""

    METRICS: ClassVar[tuple[Metric, ...]] = (Metric(1, "power_w", "W", "f"),)

    @override
    def start(self) -> bool:
        return False

    @override
    def _is_warm(self) -> bool:
        return True

    @override
    def _is_cool(self) -> bool:
        return True
