"""YX-ECC225: a 225 litre climatic chamber that cycles between hot-damp and cold."""

from typing import ClassVar

from typing_extensions import override

from sims.machine import COMMON_METRICS, Counters, Machine, Metric, Phase
from sims.registers import Order, Register, RegisterMap, set_lease, switch_relay

WARM_UP_MAX_S = 60.0
COOL_DOWN_S = 15.0
HALF_CYCLE_S = 300.0
HOT, COLD = 60.0, 10.0
HEATER_W, COMPRESSOR_W = 1800.0, 1250.0
HEAT_CAPACITY_J_K = 6_000.0
LOSS_W_K = 9.0
COOLING_COP = 1.1
HUMIDITY_FLOOR = 15.0


class ClimaticChamber(Machine):
    MODEL: ClassVar[str] = "YX-ECC225"
    METRICS: ClassVar[tuple[Metric, ...]] = (
        *COMMON_METRICS,
        Metric(10, "chamber_temp", "Cel", "f"),
        Metric(11, "humidity", "%", "f"),
        Metric(12, "setpoint", "Cel", "f"),
    )

    def __init__(self, *, seed: str, counters: Counters | None = None) -> None:
        super().__init__(seed=seed, counters=counters)
        self.chamber_temp = self.ambient
        self.setpoint = 23.0
        self._humidity = 45.0
        self._compressor_on = False
        self._halves = 0

    @property
    def humidity(self) -> float | None:
        """Return %RH, or nothing below the temperature where the chamber can measure it."""
        return self._humidity if self.chamber_temp >= HUMIDITY_FLOOR else None

    @override
    def _live(self, seconds: float) -> float:
        heat, draw = 0.0, 60.0
        if self.phase in {Phase.WARM_UP, Phase.RUN}:
            if self.phase is Phase.RUN:
                self._follow_programme()
            error = self.setpoint - self.chamber_temp
            heater = HEATER_W * min(1.0, max(0.0, 0.12 * error + self._holding_share()))
            self._compressor_on = error < (-0.3 if self._compressor_on else -1.0)
            compressor = COMPRESSOR_W if self._compressor_on else 0.0
            heat = heater - compressor * COOLING_COP
            draw = 240.0 + heater + compressor
        elif self.phase is Phase.COOL_DOWN:
            draw = 180.0
        loss = (self.chamber_temp - self.ambient) * LOSS_W_K
        self.chamber_temp += (heat - loss) * seconds / HEAT_CAPACITY_J_K
        wanted = 75.0 if self.setpoint == HOT and self.phase is Phase.RUN else 45.0
        self._humidity = self._near(self._humidity, wanted, seconds, 120)
        self._humidity += self.chance.gauss(0, 0.05)
        return max(draw + self.chance.gauss(0, 3), 0.0)

    def _holding_share(self) -> float:
        return max(0.0, (self.setpoint - self.ambient) * LOSS_W_K / HEATER_W)

    def _follow_programme(self) -> None:
        halves = int(self.phase_ms / 1000 // HALF_CYCLE_S)
        if halves > self._halves:
            self._halves = halves
            if halves % 2 == 0:
                self.counters.cycles += 1
        self.setpoint = HOT if halves % 2 == 0 else COLD

    @override
    def _is_warm(self) -> bool:
        close = abs(self.setpoint - self.chamber_temp) < 1.0
        return close or self.phase_ms >= WARM_UP_MAX_S * 1000

    @override
    def _is_cool(self) -> bool:
        return self.phase_ms >= COOL_DOWN_S * 1000

    @override
    def _enter(self, phase: Phase) -> None:
        self._halves = 0
        self.setpoint = HOT if phase in {Phase.WARM_UP, Phase.RUN} else 23.0
        super()._enter(phase)


REGISTERS = RegisterMap(
    holdings=(
        Register(100, "phase", "u16"),
        Register(101, "fault_code", "u16"),
        Register(102, "power_w", "f32", Order.CDAB),
        Register(104, "chamber_temp", "f32", Order.CDAB),
        Register(106, "humidity", "u16", scale=0.1, sentinel=0xFFFF),
        Register(107, "setpoint", "i16", scale=0.1),
        Register(108, "run_ms", "u64"),
        Register(112, "cycles", "u32"),
        Register(114, "energy_wh", "u64"),
        Register(118, "boot_counter", "u32"),
        Register(200, "lease_seconds", "u16"),
    ),
    coils={10: "interlock"},
    write_coil={10: switch_relay},
    write_holding={200: set_lease},
)
