"""How much one device may send: a bucket of tokens each, so that one cannot drown the others."""

from typing import Final

MESSAGES_A_SECOND: Final = 5_000
BURST: Final = 100_000
"""A gateway that was away for a day sends what it kept; that is no flood."""
NAMES_MAX: Final = 100_000


class Rates:
    """Counts by the time of receipt; costs a dictionary's look a message."""

    def __init__(self, *, rate: int = MESSAGES_A_SECOND, burst: int = BURST) -> None:
        self._rate = rate
        self._burst = burst
        self._left: dict[str, tuple[float, int]] = {}

    def allows(self, name: str, now_ms: int) -> bool:
        left, before_ms = self._left.get(name, (float(self._burst), now_ms))
        if now_ms > before_ms:
            left = min(self._burst, left + (now_ms - before_ms) * self._rate / 1000)
        if len(self._left) >= NAMES_MAX:
            self._left.clear()
        if left < 1:
            self._left[name] = (left, max(now_ms, before_ms))
            return False
        self._left[name] = (left - 1, max(now_ms, before_ms))
        return True
