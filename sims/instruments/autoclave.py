"""YX-AC150: a 150 litre autoclave that holds 121 °C under steam for a quarter of an hour."""

from typing import ClassVar

from typing_extensions import override

from sims.machine import COMMON_METRICS, Counters, Machine, Metric, Phase
from sims.registers import Order, Register, RegisterMap, set_lease, switch_relay

HOLD_C = 121.0
HOLD_S = 900.0
BOILING_C = 100.0
VENTED_KPA = 110.0
HEATER_W = 6000.0
HEAT_CAPACITY_J_K = 18_000.0
LOSS_W_K = 6.0
VENT_TAU_S = 60.0
AIR_KPA = 101.325


class Autoclave(Machine):
    MODEL: ClassVar[str] = "YX-AC150"
    METRICS: ClassVar[tuple[Metric, ...]] = (
        *COMMON_METRICS,
        Metric(10, "chamber_temp", "Cel", "f"),
        Metric(11, "pressure_kpa", "kPa", "f"),
        Metric(12, "f0_min", "min", "f"),
    )

    def __init__(self, *, seed: str, counters: Counters | None = None) -> None:
        super().__init__(seed=seed, counters=counters)
        self.chamber_temp = self.ambient
        self.pressure_kpa = AIR_KPA
        self.f0_min = 0.0
        self._heater_on = False

    @override
    def _live(self, seconds: float) -> float:
        heating = self.phase in {Phase.WARM_UP, Phase.RUN}
        # A thermostat with hysteresis: the heater cycles all through the hold.
        self._heater_on = heating and (
            self.chamber_temp < HOLD_C + (0.6 if self._heater_on else -0.1)
        )
        heat = HEATER_W if self._heater_on else 0.0
        loss = (self.chamber_temp - self.ambient) * LOSS_W_K
        self.chamber_temp += (heat - loss) * seconds / HEAT_CAPACITY_J_K
        if self.phase is Phase.COOL_DOWN:
            self.chamber_temp = self._near(self.chamber_temp, self.ambient, seconds, VENT_TAU_S)
        self.pressure_kpa = AIR_KPA + self._steam_kpa() + self.chance.gauss(0, 0.2)
        if self.phase is Phase.RUN:
            # Lethality: minutes at 121.1 °C that did the same to a spore.
            self.f0_min += seconds / 60 * 10 ** ((self.chamber_temp - 121.1) / 10)
        base = {Phase.IDLE: 40.0, Phase.FAULT: 30.0}.get(self.phase, 160.0)
        return max(base + heat + self.chance.gauss(0, 4), 0.0)

    def _steam_kpa(self) -> float:
        """Return what saturated water vapour presses beyond the air (Antoine's equation)."""
        if self.chamber_temp <= BOILING_C:
            return 0.0
        vapour_mmhg = 10 ** (8.14019 - 1810.94 / (self.chamber_temp + 244.485))
        return max(0.0, vapour_mmhg * 0.133322 - AIR_KPA)

    @override
    def _is_warm(self) -> bool:
        return self.chamber_temp >= HOLD_C

    @override
    def _is_done(self) -> bool:
        if self.phase_ms < HOLD_S * 1000:
            return False
        self.counters.cycles += 1
        return True

    @override
    def _is_cool(self) -> bool:
        return self.pressure_kpa < VENTED_KPA

    @override
    def _enter(self, phase: Phase) -> None:
        if phase is Phase.WARM_UP:
            self.f0_min = 0.0
        super()._enter(phase)


REGISTERS = RegisterMap(
    holdings=(
        Register(0, "phase", "u16"),
        Register(1, "fault_code", "u16"),
        Register(2, "power_w", "u16"),
        Register(3, "chamber_temp", "i16", scale=0.1),
        Register(4, "pressure_kpa", "u16", scale=0.1),
        Register(5, "f0_min", "u16", scale=0.01),
        Register(6, "run_ms", "u64", Order.CDAB),
        Register(10, "cycles", "u32", Order.CDAB),
        Register(12, "energy_wh", "u32", Order.CDAB),
        Register(14, "boot_counter", "u16"),
        Register(20, "lease_seconds", "u16"),
    ),
    coils={0: "interlock"},
    write_coil={0: switch_relay},
    write_holding={20: set_lease},
)
