"""YX-SEM70: a scanning electron microscope that pumps down before it looks."""

import math
from typing import ClassVar

from typing_extensions import override

from sims.machine import COMMON_METRICS, Counters, Machine, Metric, Phase

AIR_PA, READY_PA, BASE_PA = 101_325.0, 5e-3, 1e-3
PUMP_TAU_S = 45.0
VENT_S = 30.0
IMAGE_S = 40.0
FILAMENT_H = 100.0


class Microscope(Machine):
    MODEL: ClassVar[str] = "YX-SEM70"
    METRICS: ClassVar[tuple[Metric, ...]] = (
        *COMMON_METRICS,
        Metric(10, "chamber_pa", "Pa", "f"),
        Metric(11, "high_voltage_kv", "kV", "f"),
        Metric(12, "beam_na", "nA", "f"),
        Metric(13, "filament_worn", "%", "f"),
    )

    def __init__(self, *, seed: str, counters: Counters | None = None) -> None:
        super().__init__(seed=seed, counters=counters)
        self._log_pa = math.log10(AIR_PA)
        self.high_voltage_kv = 0.0
        self.beam_na = 0.0
        self._image_s = 0.0
        self._drift = 1.0

    @property
    def chamber_pa(self) -> float:
        return float(10**self._log_pa)

    @property
    def filament_worn(self) -> float:
        """Return per cent of the filament's life used; a fresh one is put in at 100."""
        return self.counters.run_ms / 36_000 / FILAMENT_H % 100

    @override
    def _live(self, seconds: float) -> float:
        pumping = self.phase in {Phase.WARM_UP, Phase.RUN}
        target = BASE_PA if pumping else AIR_PA
        tau = PUMP_TAU_S if pumping else 4.0
        self._log_pa = self._near(self._log_pa, math.log10(target), seconds, tau)
        self._drift = self._wander(self._drift, 1.0, seconds, 0.0008)
        running = self.phase is Phase.RUN
        self.high_voltage_kv = 15.0 if running else 0.0
        self.beam_na = 0.0
        if running:
            self.beam_na = 1.6 * self._drift * (1 - 0.3 * self.filament_worn / 100)
            self._image_s += seconds
            if self._image_s >= IMAGE_S:
                self._image_s = 0.0
                self.counters.cycles += 1
        base = {Phase.IDLE: 320.0, Phase.WARM_UP: 1350.0, Phase.RUN: 980.0,
                Phase.COOL_DOWN: 420.0, Phase.FAULT: 200.0}[self.phase]  # fmt: skip
        return max(base + self.chance.gauss(0, 5), 0.0)

    @override
    def _is_warm(self) -> bool:
        return self.chamber_pa < READY_PA

    @override
    def _is_cool(self) -> bool:
        return self.phase_ms >= VENT_S * 1000
