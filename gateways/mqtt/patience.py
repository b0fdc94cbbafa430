"""Ends a wait for a database that will never answer.

The server's own limits do not help where the way to it is broken but the machine in between
still acknowledges our bytes: then nothing ever comes, and no error either.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from time import monotonic
from typing import Any

import psycopg


class Patience:
    """Watches over one thread's use of one connection."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._lock = Lock()
        self._since: float | None = None
        self._connection: psycopg.Connection[Any] | None = None
        self.times_lost = 0

    @contextmanager
    def waiting(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        """Say that this thread now waits for this connection."""
        with self._lock:
            self._since, self._connection = monotonic(), connection
        try:
            yield
        finally:
            with self._lock:
                self._since = self._connection = None

    def look(self) -> bool:
        """Break the connection off if it is waited for too long; called by another thread."""
        with self._lock:
            if self._since is None or self._connection is None:
                return False
            if monotonic() - self._since < self._limit_s:
                return False
            self.times_lost += 1
            # The waiting thread owns the connection: it hears of this as of any other loss.
            with (
                suppress(OSError, psycopg.Error),
                socket.socket(fileno=os.dup(self._connection.fileno())) as line,
            ):
                line.shutdown(socket.SHUT_RDWR)
            self._since = monotonic()
            return True
