"""Metering an instrument that says nothing of itself, by what it draws. Pure."""

from dataclasses import dataclass
from typing import Final

from gateways.profiles.profile import Phase, Threshold

# Time between two readings further apart than this is not counted: nobody saw what happened.
GAP_MS_MAX: Final = 30_000


@dataclass(slots=True)
class LoadWatcher:
    """Turns a load into a phase, and counts the milliseconds of running.

    What is held back at the beginning of a run is what is counted too long at its end, so the
    time between two crossings of the threshold is what is metered. After a restart counting
    goes on from the last event: at most a minute is lost, and nothing is counted twice.
    """

    threshold: Threshold
    run_ms: int = 0
    is_running: bool = False
    _last_ms: int | None = None
    _crossed_ms: int | None = None  # since when the load has been on the other side

    def observe(self, load: float, at_ms: int) -> Phase:
        if self._last_ms is not None and self.is_running:
            passed_ms = at_ms - self._last_ms
            if 0 < passed_ms <= GAP_MS_MAX:
                self.run_ms += passed_ms
        self._last_ms = at_ms
        limit = self.threshold
        crossed = load < limit.idle_below if self.is_running else load >= limit.run_above
        if not crossed:
            self._crossed_ms = None
        else:
            if self._crossed_ms is None:
                self._crossed_ms = at_ms
            if at_ms - self._crossed_ms >= limit.hold_s * 1000:
                self.is_running, self._crossed_ms = not self.is_running, None
        return Phase.RUN if self.is_running else Phase.IDLE
