"""YX-MF1200: a muffle furnace whose heater cycles, and whose thermocouple ages."""

from typing import ClassVar

from typing_extensions import override

from sims.machine import COMMON_METRICS, Counters, Machine, Metric, Phase
from sims.registers import Order, Register, RegisterMap, set_lease, switch_relay

SETPOINT_C = 800.0
HYSTERESIS_C = 3.0
HEATER_W = 4500.0
HEAT_CAPACITY_J_K = 3_600.0
LOSS_W_K = 2.6
FAN_TAU_S = 240.0
SAFE_C = 200.0
DWELL_S = 3600.0
DRIFT_C_PER_H = 0.02


class Furnace(Machine):
    MODEL: ClassVar[str] = "YX-MF1200"
    METRICS: ClassVar[tuple[Metric, ...]] = (
        *COMMON_METRICS,
        Metric(10, "furnace_temp", "Cel", "f"),
        Metric(11, "setpoint", "Cel", "f"),
        Metric(12, "heater_on", "1", "b"),
    )

    def __init__(self, *, seed: str, counters: Counters | None = None) -> None:
        super().__init__(seed=seed, counters=counters)
        self.true_temp = self.ambient
        self.setpoint = SETPOINT_C
        self.heater_on = False
        self._dwells = 0

    @property
    def furnace_temp(self) -> float:
        """Return what the thermocouple shows: it reads low as it ages with hot hours."""
        worn_h = self.counters.run_ms / 3_600_000
        return self.true_temp - DRIFT_C_PER_H * worn_h * self.true_temp / SETPOINT_C

    @override
    def _live(self, seconds: float) -> float:
        heating = self.phase in {Phase.WARM_UP, Phase.RUN}
        edge = HYSTERESIS_C if self.heater_on else -HYSTERESIS_C
        self.heater_on = heating and self.furnace_temp < self.setpoint + edge
        heat = HEATER_W if self.heater_on else 0.0
        self.true_temp += (
            (heat - (self.true_temp - self.ambient) * LOSS_W_K) * seconds / HEAT_CAPACITY_J_K
        )
        if self.phase is Phase.COOL_DOWN:
            self.true_temp = self._near(self.true_temp, self.ambient, seconds, FAN_TAU_S)
        if self.phase is Phase.RUN and self.phase_ms >= (self._dwells + 1) * DWELL_S * 1000:
            self._dwells += 1
            self.counters.cycles += 1
        fan = 80.0 if self.phase is Phase.COOL_DOWN else 0.0
        # An old element draws a little less than a new one.
        worn = 1 - 0.05 * min(1.0, self.counters.run_ms / 3.6e9)
        base = 12.0 + (25.0 if heating else 0.0)
        return max(base + heat * worn + fan + self.chance.gauss(0, 2), 0.0)

    @override
    def _is_warm(self) -> bool:
        return self.furnace_temp >= self.setpoint - HYSTERESIS_C

    @override
    def _is_cool(self) -> bool:
        return self.furnace_temp < SAFE_C

    @override
    def _enter(self, phase: Phase) -> None:
        self._dwells = 0
        super()._enter(phase)


REGISTERS = RegisterMap(
    inputs=(
        Register(0, "furnace_temp", "f32", Order.DCBA),
        Register(2, "setpoint", "f32", Order.DCBA),
        Register(4, "power_w", "f32", Order.DCBA),
        Register(6, "phase", "u16"),
        Register(7, "fault_code", "u16"),
        Register(8, "run_ms", "u64", Order.DCBA),
        Register(12, "cycles", "u16"),
        Register(13, "energy_wh", "u32", Order.DCBA),
        Register(15, "boot_counter", "u16"),
    ),
    holdings=(Register(0, "lease_seconds", "u16"),),
    coils={0: "interlock"},
    discretes={0: "heater_on"},
    write_coil={0: switch_relay},
    write_holding={0: set_lease},
)
