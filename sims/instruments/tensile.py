"""YX-UTM50: a 50 kN universal tensile tester that pulls one specimen after another."""

from typing import ClassVar

from typing_extensions import override

from sims.machine import COMMON_METRICS, Counters, Machine, Metric, Phase
from sims.registers import Register, RegisterMap, set_lease, switch_relay

WARM_UP_S = 20.0
COOL_DOWN_S = 5.0
APPROACH_S = 3.0
RETURN_S = 7.0
SPEED_MM_S = 0.5
ELASTIC_MM = 2.0


class TensileTester(Machine):
    MODEL: ClassVar[str] = "YX-UTM50"
    METRICS: ClassVar[tuple[Metric, ...]] = (
        *COMMON_METRICS,
        Metric(10, "frame_temp", "Cel", "f"),
        Metric(11, "force_n", "N", "f"),
        Metric(12, "extension_mm", "mm", "f"),
    )

    def __init__(self, *, seed: str, counters: Counters | None = None) -> None:
        super().__init__(seed=seed, counters=counters)
        self.frame_temp = self.ambient
        self.force_n = 0.0
        self.extension_mm = 0.0
        self._cycle_s = 0.0
        self._clamp_specimen()

    def _clamp_specimen(self) -> None:
        self._yield_n = self.chance.uniform(22_000, 34_000)
        self._break_mm = self.chance.uniform(9, 16)
        self._cycle_s = 0.0

    @override
    def _live(self, seconds: float) -> float:
        if self.phase is Phase.RUN:
            self._pull(seconds)
        else:
            self.force_n = 0.0
            self.extension_mm = max(0.0, self.extension_mm - 5 * seconds)
        base = {
            Phase.IDLE: 45.0,
            Phase.WARM_UP: 350.0,
            Phase.RUN: 210.0,
            Phase.COOL_DOWN: 120.0,
            Phase.FAULT: 30.0,
        }[self.phase]
        power = base + self.force_n * 0.012 + self.chance.gauss(0, 1.5)
        self.frame_temp = self._near(
            self.frame_temp, self.ambient + (power - 45) * 0.02, seconds, 600
        )
        return max(power, 0.0)

    def _pull(self, seconds: float) -> None:
        self._cycle_s += seconds
        pulled = (self._cycle_s - APPROACH_S) * SPEED_MM_S
        if pulled <= 0:
            self.force_n, self.extension_mm = 0.0, 0.0
        elif pulled < self._break_mm:
            self.extension_mm = pulled
            hardening = 1 + 0.25 * max(0.0, pulled - ELASTIC_MM) / self._break_mm
            self.force_n = self._yield_n * min(1.0, pulled / ELASTIC_MM) * hardening
            self.force_n += self.chance.gauss(0, 15)
        else:
            self.force_n = 0.0
            if self._cycle_s >= APPROACH_S + self._break_mm / SPEED_MM_S + RETURN_S:
                self.counters.cycles += 1
                self._clamp_specimen()

    @override
    def _is_warm(self) -> bool:
        return self.phase_ms >= WARM_UP_S * 1000

    @override
    def _is_cool(self) -> bool:
        return self.phase_ms >= COOL_DOWN_S * 1000

    @override
    def _enter(self, phase: Phase) -> None:
        if phase is Phase.WARM_UP:
            self._clamp_specimen()
        super()._enter(phase)


REGISTERS = RegisterMap(
    inputs=(
        Register(0, "phase", "u16"),
        Register(1, "fault_code", "u16"),
        Register(2, "power_w", "f32"),
        Register(4, "frame_temp", "f32"),
        Register(6, "force_n", "f32"),
        Register(8, "extension_mm", "f32"),
        Register(10, "run_ms", "u64"),
        Register(14, "cycles", "u32"),
        Register(16, "energy_wh", "u64"),
        Register(20, "boot_counter", "u32"),
    ),
    holdings=(Register(0, "lease_seconds", "u16"),),
    coils={0: "interlock"},
    write_coil={0: switch_relay},
    write_holding={0: set_lease},
)
