"""YX-LC30: a liquid chromatograph that injects one sample after another."""

import math
from typing import ClassVar

from typing_extensions import override

from sims.machine import COMMON_METRICS, Counters, Machine, Metric, Phase

WARM_UP_S = 30.0
COOL_DOWN_S = 20.0
INJECTION_S = 480.0
OVEN_C = 40.0
FLOW_ML_MIN = 1.0


class Chromatograph(Machine):
    MODEL: ClassVar[str] = "YX-LC30"
    METRICS: ClassVar[tuple[Metric, ...]] = (
        *COMMON_METRICS,
        Metric(10, "column_temp", "Cel", "f"),
        Metric(11, "pressure_bar", "bar", "f"),
        Metric(12, "flow_ml_min", "mL/min", "f"),
        Metric(13, "uv_mau", "mAU", "f"),
    )

    def __init__(self, *, seed: str, counters: Counters | None = None) -> None:
        super().__init__(seed=seed, counters=counters)
        self.column_temp = self.ambient
        self.pressure_bar = 0.0
        self.flow_ml_min = 0.0
        self.uv_mau = 0.0
        self._injection_s = 0.0
        self._peaks: list[tuple[float, float, float]] = []
        self._inject()

    def _inject(self) -> None:
        self._injection_s = 0.0
        self._peaks = [
            (self.chance.uniform(60, 420), self.chance.uniform(20, 900), self.chance.uniform(3, 8))
            for _ in range(self.chance.randint(3, 6))
        ]

    @override
    def _live(self, seconds: float) -> float:
        pumping = self.phase in {Phase.WARM_UP, Phase.RUN, Phase.COOL_DOWN}
        heating = self.phase in {Phase.WARM_UP, Phase.RUN}
        self.flow_ml_min = self._near(self.flow_ml_min, FLOW_ML_MIN if pumping else 0.0, seconds, 4)
        gradient = 0.0
        self.uv_mau = 0.0
        if self.phase is Phase.RUN:
            self._injection_s += seconds
            gradient = self._injection_s / INJECTION_S
            self.uv_mau = sum(
                height * math.exp(-0.5 * ((self._injection_s - at) / width) ** 2)
                for at, height, width in self._peaks
            )
            if self._injection_s >= INJECTION_S:
                self.counters.cycles += 1
                self._inject()
        if pumping:
            self.uv_mau += self.chance.gauss(0, 0.3)
        # A gradient thickens, then thins the solvent; a warm column lowers the pressure.
        viscosity = 1 + 0.6 * math.sin(math.pi * gradient) - 0.01 * (self.column_temp - 25)
        self.pressure_bar = max(0.0, 180 * self.flow_ml_min * viscosity)
        if pumping:
            self.pressure_bar += self.chance.gauss(0, 0.8)
        target = OVEN_C if heating else self.ambient
        self.column_temp = self._near(self.column_temp, target, seconds, 12 if heating else 300)
        oven = 15.0 + 9.0 * max(0.0, target - self.column_temp) if heating else 0.0
        base = {
            Phase.IDLE: 35.0,
            Phase.WARM_UP: 160.0,
            Phase.RUN: 190.0,
            Phase.COOL_DOWN: 110.0,
            Phase.FAULT: 30.0,
        }[self.phase]
        return max(base + oven + self.chance.gauss(0, 1), 0.0)

    @override
    def _is_warm(self) -> bool:
        return self.phase_ms >= WARM_UP_S * 1000

    @override
    def _is_cool(self) -> bool:
        return self.phase_ms >= COOL_DOWN_S * 1000

    @override
    def _enter(self, phase: Phase) -> None:
        if phase is Phase.RUN:
            self._inject()
        super()._enter(phase)
