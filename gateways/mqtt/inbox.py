"""A bounded queue from the network thread to the writer; a full one is the backpressure."""

from collections import deque
from collections.abc import Sequence
from threading import Condition
from time import monotonic
from typing import Final, NamedTuple


class Arrived(NamedTuple):
    """One message as the broker delivered it, on which connection, and when."""

    epoch: int
    mid: int
    is_retained: bool
    topic: str
    payload: bytes
    received_ms: int


class Inbox:
    """Appending costs the network thread next to nothing while there is room."""

    def __init__(self, *, messages_max: int = 20_000, bytes_max: int = 32 * 2**20) -> None:
        self.messages_max: Final = messages_max
        self.bytes_max: Final = bytes_max
        self._queue: deque[Arrived] = deque()
        # Each is changed by one thread alone, so neither needs the lock.
        self._bytes_put = 0
        self._bytes_taken = 0
        self._ready = Condition()
        self._is_awaited = False
        self._is_closed = False
        self.times_full = 0

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def is_full(self) -> bool:
        return (
            len(self._queue) >= self.messages_max
            or self._bytes_put - self._bytes_taken >= self.bytes_max
        )

    def put(self, arrived: Sequence[Arrived]) -> None:
        """Append; where there is no room left, hold up the network thread until there is.

        While it is held up nothing is read from the socket, so the broker keeps the rest.
        """
        if self.is_full:
            self._await_room()
        if self._is_closed:
            return  # not acknowledged either, so it comes again
        self._bytes_put += sum([len(one.payload) for one in arrived])
        self._queue.extend(arrived)
        if self._is_awaited:
            with self._ready:
                self._ready.notify_all()

    def _await_room(self) -> None:
        with self._ready:
            self.times_full += 1
            while self.is_full and not self._is_closed:
                self._ready.wait(1)

    def take(self, limit: int, *, wait_s: float, linger_s: float) -> list[Arrived]:
        """Return up to `limit` messages: at once if so many are there.

        Otherwise wait for the first, and then `linger_s` for company.
        """
        if len(self._queue) < limit:
            self._await_messages(limit, wait_s, linger_s)
        queue = self._queue
        taken = [queue.popleft() for _ in range(min(limit, len(queue)))]
        if taken:
            self._bytes_taken += sum([len(arrived.payload) for arrived in taken])
            with self._ready:
                self._ready.notify_all()
        return taken

    def _await_messages(self, limit: int, wait_s: float, linger_s: float) -> None:
        with self._ready:
            # Set before looking: the network thread looks at it after appending.
            self._is_awaited = True
            if not self._queue and not self._is_closed:
                self._ready.wait(wait_s)
            self._is_awaited = False
            if not self._queue:
                return
            deadline = monotonic() + linger_s
            while len(self._queue) < limit and not self._is_closed:
                # Nobody notifies here: that would cost every message of a busy stream.
                left = deadline - monotonic()
                if left <= 0:
                    return
                self._ready.wait(left)

    def close(self) -> None:
        """Let whoever waits go."""
        with self._ready:
            self._is_closed = True
            self._ready.notify_all()
