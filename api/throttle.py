"""Limits on how often one caller may ask, kept in this process."""

import hashlib
import hmac
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from directory.people.errors import TooManyRequests, TooManySignIns
from directory.people.rules import TryCounter

GUESSES_MAX = 10
GUESSES_LEAST = 3
"""What each of many processes admits at least: a typing error is not yet an attack."""
GUESS_WINDOW = timedelta(hours=1)
ADDRESS_TRIES_MAX = 300
SPAN = timedelta(minutes=1)


class Throttle:
    """Counts tries to sign in before any password is hashed, and every caller's requests.

    A browser that signed in before carries a mark for its account, and has a count of its
    own: a stranger who guesses cannot lock the owner out. The mark is made by the keys of the
    deployment, so every process knows it, and so does one that started later.

    Where several processes serve one address, each admits its part, so that all together
    admit no more than one would, or three each; only who is unlucky in whom they meet gets less.
    """

    def __init__(
        self,
        requests_max: int = 0,
        *,
        mark_keys: Callable[[], Sequence[bytes]],
        processes: int = 1,
    ) -> None:
        self._lock = threading.Lock()
        self._by_login = TryCounter(max(GUESSES_LEAST, GUESSES_MAX // processes), GUESS_WINDOW)
        self._by_address = TryCounter(max(1, ADDRESS_TRIES_MAX // processes))
        self._requests_max = -(-requests_max // processes)
        self._windows: dict[tuple[str, str], int] = {}
        self._window_began = 0.0
        self._mark_keys = mark_keys

    def count_sign_in(self, *, login: str, address: str, mark: str, now: datetime) -> None:
        """Count one try of an account, of an address, or of both; what is empty is not counted.

        Raises:
            TooManySignIns: when the account or the address tried too often.
        """
        with self._lock:
            by_login = bool(login) and self._by_login.is_too_many(self._key(login, mark), now)
            by_address = bool(address) and self._by_address.is_too_many(address, now)
        if by_login or by_address:
            raise TooManySignIns

    def forgive(self, *, login: str, mark: str) -> None:
        """Forget the tries of somebody who proved to be the owner."""
        with self._lock:
            self._by_login.forget(self._key(login, mark))

    def mark_of(self, login: str) -> str:
        """Return the mark a browser keeps once it signed in to this account."""
        return _mark(login, self._mark_keys()[0])

    def count_request(self, *, caller: str, route: str, now: datetime) -> None:
        """Count one request of a caller to a route, in windows of a minute.

        Raises:
            TooManyRequests: when the caller asked this route too often within the minute.
        """
        if not self._requests_max:
            return
        with self._lock:
            if now.timestamp() - self._window_began >= SPAN.total_seconds():
                self._windows.clear()
                self._window_began = now.timestamp()
            count = self._windows.get((caller, route), 0) + 1
            self._windows[caller, route] = count
        if count > self._requests_max:
            raise TooManyRequests

    def _key(self, login: str, mark: str) -> str:
        # Under any key: whoever owns the account stays known while the secret is changed.
        is_known = any(
            hmac.compare_digest(mark.encode(), _mark(login, key).encode())
            for key in self._mark_keys()
        )
        return f"{login.lower()} {'known' if is_known else ''}"


def _mark(login: str, key: bytes) -> str:
    return hmac.new(key, login.lower().encode(), hashlib.sha256).hexdigest()
