"""Which values are worth a message: those that changed enough, or were silent too long. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gateways.modbus.registers import Quality, Value
from gateways.profiles.profile import Metric

VALUES_MAX: Final = 200  # in one message
SPAN_MS_MAX: Final = 1000
# The wire knows good, repeated, late and bad; a limited value is a bad one with a number.
BAD_ON_THE_WIRE: Final = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """One value as it was read, with the middle of the exchange that read it."""

    value: Value
    quality: Quality
    at_ms: int


@dataclass(frozen=True, slots=True)
class Channel:
    """A published metric and its number on the wire."""

    k: int
    name: str
    unit: str
    wire: str
    deadband: float = 0.0
    deadband_percent: float = 0.0
    silence_s: float = 60.0

    @classmethod
    def of(cls, metric: Metric, k: int) -> "Channel":
        return cls(
            k,
            metric.name,
            metric.unit,
            metric.wire,
            metric.deadband,
            metric.deadband_percent,
            metric.silence_s,
        )


def has_moved(channel: Channel, old: Value, new: Value) -> bool:
    """Say whether the new value differs by more than the dead band."""
    if new == old and type(new) is type(old):
        return False
    if isinstance(new, bool) or not isinstance(new, int | float):
        return True
    if not isinstance(old, int | float):
        return True
    band = max(channel.deadband, abs(old) * channel.deadband_percent / 100)
    return abs(new - old) > band


@dataclass(slots=True)
class Reporter:
    """Remembers what was last said of each channel; a value keeps the time it was read."""

    channels: Sequence[Channel]
    _last: dict[int, Sample] = field(default_factory=dict)

    def forget(self) -> None:
        """Say everything anew at the next poll."""
        self._last.clear()

    def choose(self, samples: Mapping[str, Sample]) -> list[tuple[int, Sample]]:
        chosen = []
        for channel in self.channels:
            sample = samples.get(channel.name)
            if sample is None:
                continue
            last = self._last.get(channel.k)
            if (
                last is None
                or last.quality is not sample.quality
                or has_moved(channel, last.value, sample.value)
                or sample.at_ms - last.at_ms >= channel.silence_s * 1000
            ):
                self._last[channel.k] = sample
                chosen.append((channel.k, sample))
        return chosen


def bundle(chosen: Sequence[tuple[int, Sample]]) -> list[tuple[int, dict[str, Any]]]:
    """Pack samples into the fewest messages; return (ts, body) of each."""
    messages: list[tuple[int, dict[str, Any]]] = []
    start, entries = 0, list[dict[str, Any]]()
    for k, sample in sorted(chosen, key=lambda pair: pair[1].at_ms):
        full = len(entries) >= VALUES_MAX or sample.at_ms - start >= SPAN_MS_MAX
        if not entries or full:
            start, entries = sample.at_ms, []
            messages.append((start, {"ts": start, "m": entries}))
        entry: dict[str, Any] = {"k": k, "v": sample.value}
        if sample.at_ms != start:
            entry["dt"] = sample.at_ms - start
        if sample.quality is not Quality.GOOD:
            entry["q"] = BAD_ON_THE_WIRE
        entries.append(entry)
    return messages
