"""A device of the tests: says what it is told to, numbers it, and remembers all of it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

Message = tuple[bytes, bytes]


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


@dataclass
class Reporter:
    """One boot of one device. Times are unique per channel, so that every value is one row."""

    device: str
    boot: str = "boot-1"
    metrics: tuple[str, ...] = ("power_w",)
    start_ms: int = field(default_factory=lambda: now_ms() - 3_600_000)
    seq: int = 0

    def message(self, kind: str, body: dict[str, Any]) -> Message:
        topic = f"lab/1/{self.device}/{kind}".encode()
        return topic, msgspec.json.encode({"s": 1, "boot": self.boot, **body})

    def birth(self) -> Message:
        return self.message(
            "birth",
            {
                "fw": "1.0",
                "model": "test",
                "metrics": [
                    {"k": key, "n": name, "u": "W", "t": "f"}
                    for key, name in enumerate(self.metrics, start=1)
                ],
            },
        )

    def numbered(self, kind: str, body: dict[str, Any]) -> Message:
        self.seq += 1
        return self.message(kind, {"seq": self.seq, **body})

    def measure(self, *, values: int = 1) -> Message:
        """Report `values` values; each value is the number of its message and place."""
        at = self.start_ms + (self.seq + 1) * 10
        return self.numbered(
            "m",
            {
                "ts": at,
                "m": [
                    {"k": 1, "v": (self.seq + 1) * 1000.0 + place, "dt": place}
                    for place in range(values)
                ],
            },
        )

    def event(self, kind: str, *, session: str, run_ms: int, at_ms: int, **more: Any) -> Message:
        return self.numbered(
            "evt", {"ts": at_ms, "e": kind, "session": session, "run_ms": run_ms, **more}
        )

    def state(self, *, online: bool, ts: int | None = None, **more: Any) -> Message:
        return self.message("state", {"online": online, "ts": ts or now_ms(), **more})
