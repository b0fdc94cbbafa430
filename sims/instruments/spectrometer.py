"""YX-ICP90: an ICP mass spectrometer; its cones wear, and its signal with them."""

from typing import ClassVar

from typing_extensions import override

from sims.machine import COMMON_METRICS, Counters, Machine, Metric, Phase

WARM_UP_S = 180.0
COOL_DOWN_S = 60.0
SAMPLE_S, UPTAKE_S, WASH_S = 90.0, 25.0, 65.0
PLASMA_W = 1550.0
ARGON_L_MIN = 15.0
SENSITIVITY_KCPS = 420.0
CONE_SAMPLES = 8000


class MassSpectrometer(Machine):
    MODEL: ClassVar[str] = "YX-ICP90"
    METRICS: ClassVar[tuple[Metric, ...]] = (
        *COMMON_METRICS,
        Metric(10, "plasma_w", "W", "f"),
        Metric(11, "argon_l_min", "L/min", "f"),
        Metric(12, "vacuum_pa", "Pa", "f"),
        Metric(13, "signal_kcps", "1", "f"),
        Metric(14, "chiller_temp", "Cel", "f"),
    )

    def __init__(self, *, seed: str, counters: Counters | None = None) -> None:
        super().__init__(seed=seed, counters=counters)
        self.plasma_w = 0.0
        self.argon_l_min = 0.0
        self.vacuum_pa = 2e-4
        self.signal_kcps = 0.0
        self.chiller_temp = self.ambient
        self._sample_s = 0.0
        self._drift = 1.0

    @override
    def _live(self, seconds: float) -> float:
        lit = self.phase in {Phase.WARM_UP, Phase.RUN}
        self.plasma_w = self._near(self.plasma_w, PLASMA_W if lit else 0.0, seconds, 6)
        gas = lit or self.phase is Phase.COOL_DOWN
        self.argon_l_min = self._near(self.argon_l_min, ARGON_L_MIN if gas else 0.0, seconds, 3)
        self.vacuum_pa = self._near(self.vacuum_pa, 1.1e-3 if lit else 2e-4, seconds, 20)
        target = 20.0 if lit else self.ambient
        self.chiller_temp = self._near(self.chiller_temp, target, seconds, 90)
        self._drift = self._wander(self._drift, 1.0, seconds, 0.0005)
        self.signal_kcps = 0.0
        if self.phase is Phase.RUN:
            self._sample_s += seconds
            share = 1.0 if UPTAKE_S <= self._sample_s < WASH_S else 0.02
            worn = 1 - 0.6 * min(1.0, self.counters.cycles % CONE_SAMPLES / CONE_SAMPLES)
            self.signal_kcps = SENSITIVITY_KCPS * share * worn * self._drift
            self.signal_kcps += self.chance.gauss(0, 2)
            if self._sample_s >= SAMPLE_S:
                self._sample_s = 0.0
                self.counters.cycles += 1
        # The vacuum pumps never stop.
        return max(850.0 + self.plasma_w * 1.45 + self.chance.gauss(0, 6), 0.0)

    @override
    def _is_warm(self) -> bool:
        return self.phase_ms >= WARM_UP_S * 1000

    @override
    def _is_cool(self) -> bool:
        return self.phase_ms >= COOL_DOWN_S * 1000

    @override
    def _enter(self, phase: Phase) -> None:
        self._sample_s = 0.0
        super()._enter(phase)
