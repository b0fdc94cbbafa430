"""Tells devices up to which number their messages are safe; they forget nothing before."""

from collections.abc import Callable
from threading import Event, Lock
from time import monotonic
from typing import Final

import msgspec

from gateways.mqtt import topics
from telemetry.devices.sequences import Boot, Standing

EVERY_S: Final = 0.2
"""Not more often for each boot: one number covers all before it."""
ROUND_MAX: Final = 500
UNSENT_MAX: Final = 1_000


class Confirmer:
    """Keeps the newest mark of each boot until there is time to publish it."""

    def __init__(self, publish: Callable[[str, bytes], bool], unsent: Callable[[], int]) -> None:
        self._publish = publish
        self._unsent = unsent
        self._lock = Lock()
        self._due: dict[Boot, int] = {}
        self._wake = Event()
        self.stopping = Event()
        self.published = 0

    def confirm(self, standings: dict[Boot, Standing]) -> None:
        """Take note of what is committed. Called by the writer; costs it nothing."""
        if not standings:
            return
        with self._lock:
            for boot, standing in standings.items():
                self._due[boot] = standing.upto
        self._wake.set()

    def run(self) -> None:
        while not self.stopping.is_set():
            self._wake.wait(1)
            self._wake.clear()
            started = monotonic()
            self.flush()
            self.stopping.wait(max(0.0, EVERY_S - (monotonic() - started)))
        self.flush()

    def flush(self) -> None:
        if self._unsent() > UNSENT_MAX:
            self._wake.set()
            return
        with self._lock:
            due = dict(list(self._due.items())[:ROUND_MAX])
            for key in due:
                del self._due[key]
            if self._due:
                self._wake.set()
        for (name, boot), upto in due.items():
            self._publish(
                topics.ack(name), msgspec.json.encode({"s": 1, "boot": boot, "seq": upto})
            )
            self.published += 1
