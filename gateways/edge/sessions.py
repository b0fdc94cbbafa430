"""From the phase and the counters of a device to the events that are billed. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from gateways.edge.reporting import Sample
from gateways.modbus.registers import Quality
from gateways.profiles.profile import Counters, Phase

HEARTBEAT_MS: Final = 60_000
# An idle reading this fresh is the exact counter a run starts from: idle counters stand still.
IDLE_READING_MS_MAX: Final = 5_000

COUNTER_NAMES: Final = ("run_ms", "cycles", "energy_wh")


@dataclass(frozen=True, slots=True)
class Tally:
    """The cumulative counters at one moment, as far as the device has them."""

    at_ms: int
    run_ms: Any = None  # int, or Decimal where a meter counts in parts
    cycles: Any = None
    energy_wh: Any = None

    def figures(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in COUNTER_NAMES}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Run:
    """An open session: kept across restarts, so that its stop is never lost."""

    session: str
    lease: str | None
    last: Tally  # at the last event

    def to_memory(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_memory(cls, memory: dict[str, Any]) -> "Run":
        return cls(memory["session"], memory["lease"], Tally(**memory["last"]))


def take_tally(counters: Counters, samples: Mapping[str, Sample], at_ms: int) -> Tally | None:
    """Read the counters out of a poll; None where one of them could not be read."""
    figures = {}
    for key in COUNTER_NAMES:
        name = getattr(counters, key)
        if name is None:
            continue
        sample = samples.get(name)
        if sample is None or sample.quality is not Quality.GOOD:
            return None
        figures[key] = sample.value
    return Tally(at_ms, **figures)


@dataclass(slots=True)
class RunWatcher:
    """Turns each poll into start, heartbeat and stop."""

    new_session: Callable[[], str]
    run: Run | None = None
    latest: Tally | None = None  # at the last poll, whatever the phase
    _idle: Tally | None = None

    def observe(self, phase: Phase, tally: Tally, lease: str | None) -> list[dict[str, Any]]:
        """Return the bodies of the events that this poll brings about."""
        events = []
        if phase.is_use and self.run is None:
            began = self._began_at(tally)
            self.run = Run(self.new_session(), lease, began)
            events.append(self._event("start", self.run, replace(began, at_ms=tally.at_ms)))
        elif self.run is not None and not phase.is_use:
            events.append(self._event("stop", self.run, tally))
            self.run = None
        if self.run is not None and self._is_due(self.run, tally):
            self.run = replace(self.run, last=tally)
            events.append(self._event("hb", self.run, tally))
        self._idle = None if phase.is_use else tally
        self.latest = tally
        return events

    def break_off(self) -> list[dict[str, Any]]:
        """End an open run at its last known counters: the device was switched off."""
        if self.run is None:
            return []
        known = self.latest or self.run.last
        event = self._event("stop", self.run, known)
        self.run = self._idle = None
        return [event]

    def _began_at(self, tally: Tally) -> Tally:
        idle = self._idle
        if idle is not None and tally.at_ms - idle.at_ms <= IDLE_READING_MS_MAX:
            return idle
        return tally

    @staticmethod
    def _is_due(run: Run, tally: Tally) -> bool:
        if tally.at_ms - run.last.at_ms >= HEARTBEAT_MS:
            return True
        # A device whose own clock runs faster than ours (a simulated one) has its own minute.
        counted = (tally.run_ms, run.last.run_ms)
        return None not in counted and counted[0] - counted[1] >= HEARTBEAT_MS

    @staticmethod
    def _event(what: str, run: Run, tally: Tally) -> dict[str, Any]:
        body = {"ts": tally.at_ms, "e": what, "session": run.session}
        if run.lease is not None:
            body["lease"] = run.lease
        return body | tally.figures()
