"""When a reading is an alarm: limit, hysteresis, duration and clear-for, on the device's time.

Pure: timers and samples in, timers and episodes out. The same samples give the same episodes
in whatever steps they are looked at, which is what lets late data be looked at again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

SETTLES_AFTER: Final = timedelta(minutes=11)
"""Timers are kept this far behind the newest reading; what comes later than that is late."""


class RuleKind(StrEnum):
    ABOVE = "above"
    BELOW = "below"
    STALE = "stale"  # nothing heard for a while
    UNRESERVED = "unreserved"  # running, and nobody has reserved it


class Severity(StrEnum):
    INFO = "info"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


ORDER: Final = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Limit:
    """What is too much, or too little, and for how long."""

    kind: RuleKind
    limit: float
    hysteresis: float = 0.0
    lasts: timedelta = timedelta(0)
    clears_for: timedelta = timedelta(0)

    def is_breach(self, value: float) -> bool:
        return value > self.limit if self.kind is RuleKind.ABOVE else value < self.limit

    def is_calm(self, value: float) -> bool:
        """Whether it is back by the whole hysteresis; in between it stays as it was."""
        if self.kind is RuleKind.ABOVE:
            return value <= self.limit - self.hysteresis
        return value >= self.limit + self.hysteresis

    @property
    def lookback(self) -> timedelta:
        """How far before a late reading a fresh look must begin."""
        return self.lasts + self.clears_for + timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Timers:
    """Where one rule stands with one device."""

    pending_since: datetime | None = None
    clearing_since: datetime | None = None
    raised_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Episode:
    """A time in alarm; still going on without an end."""

    raised_at: datetime
    cleared_at: datetime | None
    worst: float | None = None

    def overlaps(self, raised_at: datetime, cleared_at: datetime | None) -> bool:
        begins_before = cleared_at is None or self.raised_at <= cleared_at
        return begins_before and (self.cleared_at is None or raised_at <= self.cleared_at)


def follow(
    limit: Limit, timers: Timers, readings: Iterable[Reading]
) -> tuple[Timers, list[Episode]]:
    """Take readings in time order; return the timers after them and every episode touched."""
    episodes: list[Episode] = []
    worst: float | None = None
    for reading in readings:
        if timers.raised_at is None:
            timers = quiet(limit, timers, reading)
            if timers.raised_at is not None:
                worst = reading.value
            continue
        worst = further(limit, worst, reading.value)
        timers, cleared_at = alarmed(limit, timers, reading)
        if cleared_at is not None and timers.raised_at is not None:
            episodes.append(Episode(timers.raised_at, cleared_at, worst))
            timers, worst = Timers(), None
    if timers.raised_at is not None:
        episodes.append(Episode(timers.raised_at, None, worst))
    return timers, episodes


def quiet(limit: Limit, timers: Timers, reading: Reading) -> Timers:
    if not limit.is_breach(reading.value):
        return Timers()
    since = timers.pending_since or reading.at
    if reading.at - since >= limit.lasts:
        return Timers(raised_at=since + limit.lasts)
    return Timers(pending_since=since)


def alarmed(limit: Limit, timers: Timers, reading: Reading) -> tuple[Timers, datetime | None]:
    if not limit.is_calm(reading.value):
        return replace(timers, clearing_since=None), None
    since = timers.clearing_since or reading.at
    if reading.at - since >= limit.clears_for:
        return timers, since + limit.clears_for
    return replace(timers, clearing_since=since), None


def further(limit: Limit, worst: float | None, value: float) -> float:
    if worst is None:
        return value
    return max(worst, value) if limit.kind is RuleKind.ABOVE else min(worst, value)


@dataclass(frozen=True, slots=True)
class Known:
    """An alarm on record."""

    key: object
    raised_at: datetime
    cleared_at: datetime | None


@dataclass(frozen=True, slots=True)
class Corrections:
    """What to do so that the record says what the readings say."""

    raise_: list[Episode]
    clear: list[tuple[object, datetime]]
    withdraw: list[object]


def compare(episodes: Sequence[Episode], known: Sequence[Known]) -> Corrections:
    """Match alarms on record with the episodes the readings show now."""
    matched: set[int] = set()
    clear: list[tuple[object, datetime]] = []
    withdraw: list[object] = []
    for alarm in known:
        index = next(
            (
                number
                for number, episode in enumerate(episodes)
                if number not in matched and episode.overlaps(alarm.raised_at, alarm.cleared_at)
            ),
            None,
        )
        if index is None:
            withdraw.append(alarm.key)
            continue
        matched.add(index)
        cleared_at = episodes[index].cleared_at
        if alarm.cleared_at is None and cleared_at is not None:
            clear.append((alarm.key, cleared_at))
    return Corrections(
        [episode for number, episode in enumerate(episodes) if number not in matched],
        clear,
        withdraw,
    )


def is_at_least(severity: str, least: str) -> bool:
    return ORDER.index(Severity(severity)) >= ORDER.index(Severity(least))
