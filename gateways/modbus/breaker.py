"""When to leave a silent unit alone, so that its neighbours keep their turn. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class BreakerState(StrEnum):
    CLOSED = "closed"  # the unit answers
    OPEN = "open"  # left alone until a probe is due
    HALF_OPEN = "half_open"  # one probe is under way


@dataclass(slots=True)
class Breaker:
    """One unit's standing. Times are seconds of a monotonic clock."""

    failures_max: int = 3
    pause_min_s: float = 2.0
    pause_max_s: float = 300.0
    # A probe that costs 1 s of the line is followed by 19 s without one: 5 % of its time.
    share_max: float = 0.05
    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    opens_until_s: float = 0.0

    def allows(self, now_s: float) -> bool:
        """Say whether the unit may be asked now; an open breaker lets one probe through."""
        if self.state is BreakerState.CLOSED:
            return True
        if now_s >= self.opens_until_s:
            self.state = BreakerState.HALF_OPEN
            return True
        return False

    def succeed(self) -> None:
        self.state, self.failures = BreakerState.CLOSED, 0

    def fail(self, now_s: float, cost_s: float, *, silent_units: int = 1) -> None:
        """Note a failure that held the line for `cost_s`.

        The pause grows with the number of silent units, so that all of them together
        stay within the share.
        """
        self.failures += 1
        if self.failures < self.failures_max and self.state is BreakerState.CLOSED:
            return
        self.state = BreakerState.OPEN
        pause_s = cost_s * (1 / self.share_max - 1) * max(1, silent_units)
        self.opens_until_s = now_s + min(max(pause_s, self.pause_min_s), self.pause_max_s)
