"""Limits on how often one caller may try, kept in this process."""

import threading
from datetime import datetime

from directory.people.errors import TooManySignIns
from directory.people.rules import TryCounter


class Throttle:
    """Counts tries to sign in by account and by address, before any password is hashed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_login = TryCounter()
        self._by_address = TryCounter(tries_max=300)

    def count_sign_in(self, *, login: str, address: str, now: datetime) -> None:
        """Count one try.

        Raises:
            TooManySignIns: when the account or the address tried too often.
        """
        with self._lock:
            by_login = self._by_login.is_too_many(login.lower(), now)
            by_address = self._by_address.is_too_many(address, now)
        if by_login or by_address:
            raise TooManySignIns
