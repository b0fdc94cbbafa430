"""YX-BA220: an analytical balance; it drifts with the room and counts weighings."""

from typing import ClassVar

from typing_extensions import override

from sims.machine import COMMON_METRICS, Counters, Machine, Metric, Phase

WARM_UP_S = 10.0
COOL_DOWN_S = 2.0
WEIGHING_S = 20.0
SETTLE_S = 4.0


class Balance(Machine):
    MODEL: ClassVar[str] = "YX-BA220"
    METRICS: ClassVar[tuple[Metric, ...]] = (
        *COMMON_METRICS,
        Metric(10, "weight_g", "g", "f"),
        Metric(11, "is_stable", "1", "b"),
        Metric(12, "zero_drift_mg", "mg", "f"),
    )

    def __init__(self, *, seed: str, counters: Counters | None = None) -> None:
        super().__init__(seed=seed, counters=counters)
        self.weight_g = 0.0
        self.is_stable = True
        self.zero_drift_mg = 0.0
        self._weighing_s = 0.0
        self._load_g = 0.0

    @override
    def _live(self, seconds: float) -> float:
        self.zero_drift_mg = self._wander(self.zero_drift_mg, 0.0, seconds, 0.01)
        load = 0.0
        self.is_stable = True
        if self.phase is Phase.RUN:
            if self._weighing_s == 0.0:
                self._load_g = self.chance.uniform(0.5, 200)
            self._weighing_s += seconds
            is_loaded = self._weighing_s < WEIGHING_S / 2
            load = self._load_g if is_loaded else 0.0
            self.is_stable = self._weighing_s % (WEIGHING_S / 2) > SETTLE_S
            if self._weighing_s >= WEIGHING_S:
                self._weighing_s = 0.0
                self.counters.cycles += 1
        self.weight_g = self._near(self.weight_g, load, seconds, 0.8)
        self.weight_g += self.zero_drift_mg / 1000 * seconds * 0.01
        working = self.phase in {Phase.WARM_UP, Phase.RUN}
        return max((7.5 if working else 2.0) + self.chance.gauss(0, 0.05), 0.0)

    @override
    def _is_warm(self) -> bool:
        return self.phase_ms >= WARM_UP_S * 1000

    @override
    def _is_cool(self) -> bool:
        return self.phase_ms >= COOL_DOWN_S * 1000

    @override
    def _enter(self, phase: Phase) -> None:
        self._weighing_s = 0.0
        super()._enter(phase)
