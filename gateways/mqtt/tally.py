"""What the writer has done since it started; for metrics, and for those who look."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

LAG_EDGES_MS: Final = (
    5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 90, 100, 120, 150, 200, 300, 500,
    1_000, 2_000, 5_000, 10_000, 60_000, 600_000, 3_600_000,
)  # fmt: skip


@dataclass(slots=True)
class Tally:
    batches: int = 0
    messages: int = 0
    readings: int = 0
    duplicates: int = 0
    events: int = 0
    quarantined: int = 0
    bisected: int = 0
    retries: int = 0
    gaps: int = 0
    commit_s: float = 0.0
    committed_at: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)
    lags: list[int] = field(default_factory=lambda: [0] * (len(LAG_EDGES_MS) + 1))
    """Readings by the time from the device's clock to our commit; the last: longer than all."""
    lag_sum_ms: int = 0

    def note_lags(self, times_ms: Iterable[int], committed_ms: int) -> None:
        lags = self.lags
        for at in times_ms:
            late = committed_ms - at
            self.lag_sum_ms += late
            lags[bisect_left(LAG_EDGES_MS, late)] += 1
