"""Numbered messages on their way: kept until they are safe, and sent again until they are."""

from collections.abc import Iterator
from dataclasses import dataclass

from sims.clock import monotonic_ms
from sims.store import StoredEvent

RESEND_MS = 30_000
RESEND_MAX_MS = 300_000
MEASUREMENTS_MAX = 3600
EVENTS_MAX = 10_000
MEASUREMENT = "m"

Key = tuple[str, int]


@dataclass(slots=True)
class Outgoing:
    """A numbered message that is not yet safe.

    Measurements are safe once the broker has them, events once the server says that it
    committed them.
    """

    kind: str
    boot: str
    seq: int
    payload: bytes
    is_sent: bool = False

    @property
    def key(self) -> Key:
        return self.boot, self.seq


class Outbox:
    """Measurements live in RAM and events in flash; both have an end, and then the oldest go."""

    def __init__(self, events: list[StoredEvent]) -> None:
        self._measurements: dict[Key, Outgoing] = {}
        self._events: dict[Key, Outgoing] = {}
        self._unsent: dict[Key, Outgoing] = {}
        self._resend_every_ms = RESEND_MS
        self._resend_at_ms = monotonic_ms() + RESEND_MS
        self.dropped = 0
        for event in events:
            self._put(self._events, Outgoing(event.kind, event.boot, event.seq, event.payload))

    def put(self, message: Outgoing) -> None:
        if message.kind == MEASUREMENT:
            self._put(self._measurements, message)
            self._drop_beyond(self._measurements, MEASUREMENTS_MAX)
        else:
            self._put(self._events, message)
            self._drop_beyond(self._events, EVENTS_MAX)

    def _put(self, box: dict[Key, Outgoing], message: Outgoing) -> None:
        box[message.key] = message
        self._unsent[message.key] = message

    def _drop_beyond(self, box: dict[Key, Outgoing], limit: int) -> None:
        while len(box) > limit:
            oldest = next(iter(box))
            del box[oldest]
            self._unsent.pop(oldest, None)
            self.dropped += 1

    @property
    def events(self) -> list[StoredEvent]:
        """Return what belongs in flash."""
        return [
            StoredEvent(message.boot, message.seq, message.kind, message.payload)
            for message in self._events.values()
        ]

    @property
    def unacknowledged(self) -> int:
        """How many events the server has not yet said it committed."""
        return len(self._events)

    def to_send(self) -> Iterator[Outgoing]:
        """Yield what is to be sent, in order. What the caller marks as sent is not asked again."""
        if (now_ms := monotonic_ms()) >= self._resend_at_ms:
            # By the wall, whatever the lab's own speed: it is the server that is waited for.
            self._unsent = {**self._events, **self._unsent}
            self._resend_every_ms = min(self._resend_every_ms * 2, RESEND_MAX_MS)
            self._resend_at_ms = now_ms + self._resend_every_ms
        for message in list(self._unsent.values()):
            yield message
            if not message.is_sent:
                return
            message.is_sent = False
            del self._unsent[message.key]

    def start_again(self) -> None:
        """Take nothing for sent: the connection it went over is gone."""
        everything = {**self._events, **self._measurements}
        # Boots in the order they happened (their ids sort by time), numbers in theirs.
        self._unsent = dict(sorted(everything.items()))

    def broker_has(self, key: object) -> None:
        """Forget a measurement the broker has. Events wait for the server."""
        self._measurements.pop(key, None)  # type: ignore[call-overload]  # tokens are our keys

    def server_has(self, boot: object, seq: int) -> bool:
        """Forget the events of a boot up to a number. Return whether there were any."""
        safe = [key for key in self._events if key[0] == boot and key[1] <= seq]
        for key in safe:
            del self._events[key]
            self._unsent.pop(key, None)
        if safe:
            self._resend_every_ms = RESEND_MS
            self._resend_at_ms = monotonic_ms() + RESEND_MS
        return bool(safe)

    def lose_power(self) -> None:
        """What was only in RAM is gone."""
        for key in self._measurements:
            self._unsent.pop(key, None)
        self._measurements.clear()
