"""How often somebody may try to sign in. Pure: time comes in, nothing is stored elsewhere."""

from collections import deque
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=5)
TRIES_MAX = 30
KEYS_MAX = 10_000


class TryCounter:
    """Counts tries by key over a sliding window; forgets the oldest keys, so it stays small."""

    def __init__(self, tries_max: int = TRIES_MAX, window: timedelta = WINDOW) -> None:
        self._tries_max = tries_max
        self._window = window
        self._tries: dict[str, deque[datetime]] = {}

    def forget(self, key: str) -> None:
        self._tries.pop(key, None)

    def is_too_many(self, key: str, now: datetime) -> bool:
        """Count one try, and tell whether it is one too many. A refused try counts too."""
        tries = self._tries.pop(key, deque(maxlen=self._tries_max + 1))
        while tries and tries[0] <= now - self._window:
            tries.popleft()
        tries.append(now)
        self._tries[key] = tries
        while len(self._tries) > KEYS_MAX:
            del self._tries[next(iter(self._tries))]
        return len(tries) > self._tries_max
