"""From events to a run: counters, ends, coverage and doubts. Pure: every fact is an argument."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

MILLISECOND: Final = timedelta(milliseconds=1)
HEARTBEAT: Final = timedelta(seconds=60)
EVIDENCE_REACH: Final = 2.5 * HEARTBEAT
"""Two events this close prove the time between them; one heartbeat may be lost."""
LOST_AFTER: Final = timedelta(minutes=5)
"""A device that is there and silent this long has lost its stop."""
GIVEN_UP_AFTER: Final = timedelta(hours=24)
"""And one that is away this long, too; a later stop still corrects the run."""
SLACK_MS: Final = 5_000
"""Counters are read and clocks are set with this much care."""
WRAPS: Final = (2**32, 2**53, 2**63, 2**64)


class CounterStep(StrEnum):
    ADVANCED = "advanced"
    ROLLED_OVER = "rolled_over"  # ran past the end of its register
    RESET = "reset"  # began again at zero
    REPLACED = "replaced"  # is another counter now: the difference means nothing


class Doubt(StrEnum):
    """What a person should look at before a run is billed."""

    START_MISSING = "start_missing"
    STOP_MISSING = "stop_missing"
    COUNTER_RESET = "counter_reset"
    COUNTER_REPLACED = "counter_replaced"
    COUNTER_FASTER_THAN_TIME = "counter_faster_than_time"
    CLOCK_WENT_BACK = "clock_went_back"
    NO_COUNTER = "no_counter"  # told by power alone: a duration seen, not a time counted


class RunState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One event of a session: when, and what the device's counters stood at."""

    at: datetime
    received_at: datetime
    kind: str
    boot: str
    seq: int
    run_ms: int
    cycles: int | None = None
    energy_wh: int | None = None
    lease: str | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What besides its own events decides about a run."""

    now: datetime
    is_superseded: bool = False
    """The device has begun another session since."""
    is_online: bool = True
    counter_before: int | None = None
    """What `run_ms` stood at when the device was last heard of before this session."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run as its events show it."""

    boot: str
    lease: str | None
    state: RunState
    started_at: datetime
    last_at: datetime
    ended_at: datetime | None
    metered_ms: int
    cycles: int
    energy_wh: int
    coverage_permille: int
    doubts: tuple[Doubt, ...]


def count_step(
    before: int, after: int, *, elapsed_ms: int | None = None
) -> tuple[CounterStep, int]:
    """Say what a cumulative counter did between two readings, and by how much it advanced.

    `elapsed_ms` bounds a counter of milliseconds: it cannot count more than went by.
    """
    if after >= before:
        return CounterStep.ADVANCED, after - before
    plausible = None if elapsed_ms is None else elapsed_ms + elapsed_ms // 50 + SLACK_MS
    for wrap in WRAPS:
        advanced = wrap - before + after
        if before < wrap and advanced <= (wrap // 16 if plausible is None else plausible):
            return CounterStep.ROLLED_OVER, advanced
    if plausible is None or after <= plausible:
        return CounterStep.RESET, after
    return CounterStep.REPLACED, 0


def in_order(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Order by sequence within a boot, boots by their first time; arrival says nothing."""
    by_boot: dict[str, list[Evidence]] = {}
    for one in evidence:
        by_boot.setdefault(one.boot, []).append(one)
    boots = sorted(by_boot.values(), key=lambda ones: min(one.at for one in ones))
    return [one for ones in boots for one in sorted(ones, key=lambda one: one.seq)]


@dataclass(slots=True)
class Tally:
    metered_ms: int = 0
    cycles: int = 0
    energy_wh: int = 0
    covered_ms: int = 0
    span_ms: int = 0


def add_pair(tally: Tally, doubts: set[Doubt], before: Evidence, after: Evidence) -> None:
    """Count what happened between two neighbouring events."""
    elapsed_ms = (after.at - before.at) // MILLISECOND
    if elapsed_ms < 0:
        doubts.add(Doubt.CLOCK_WENT_BACK)
        # The counter is the only witness left of how long this took.
        elapsed_ms = max(after.run_ms - before.run_ms, 0)
    step, worked_ms = count_step(before.run_ms, after.run_ms, elapsed_ms=elapsed_ms)
    if step is CounterStep.RESET:
        doubts.add(Doubt.COUNTER_RESET)
    if step is CounterStep.REPLACED:
        doubts.add(Doubt.COUNTER_REPLACED)
    if worked_ms > elapsed_ms + elapsed_ms // 50 + SLACK_MS:
        doubts.add(Doubt.COUNTER_FASTER_THAN_TIME)
    tally.metered_ms += worked_ms
    if before.cycles is not None and after.cycles is not None:
        tally.cycles += count_step(before.cycles, after.cycles)[1]
    if before.energy_wh is not None and after.energy_wh is not None:
        tally.energy_wh += count_step(before.energy_wh, after.energy_wh)[1]
    tally.span_ms += elapsed_ms
    # A counter that advanced by the whole time proves it without any heartbeat.
    is_proven = abs(worked_ms - elapsed_ms) <= elapsed_ms // 50 + SLACK_MS
    tally.covered_ms += elapsed_ms if is_proven else min(elapsed_ms, EVIDENCE_REACH // MILLISECOND)


def lost_before_start(
    first: Evidence, around: Surroundings, tally: Tally, doubts: set[Doubt]
) -> datetime:
    """Return when a session without its start began, as the counter tells it."""
    doubts.add(Doubt.START_MISSING)
    if around.counter_before is None or around.counter_before > first.run_ms:
        return first.at
    missed_ms = first.run_ms - around.counter_before
    tally.metered_ms += missed_ms
    tally.span_ms += missed_ms
    return first.at - missed_ms * MILLISECOND


def find_run(evidence: Sequence[Evidence], around: Surroundings) -> RunFacts:
    """Make one run of all events of one session, in whatever order they came."""
    ordered = in_order(evidence)
    first, last = ordered[0], ordered[-1]
    stop = next((one for one in reversed(ordered) if one.kind == "stop"), None)
    tally, doubts = Tally(), set[Doubt]()

    started_at = first.at
    if first.kind != "start":
        started_at = lost_before_start(first, around, tally, doubts)
    for before, after in pairwise(ordered):
        add_pair(tally, doubts, before, after)

    last_at = max(last.at, started_at)
    if Doubt.CLOCK_WENT_BACK in doubts:
        last_at = max(started_at + tally.metered_ms * MILLISECOND, last_at)
    state = state_of(last, around, has_stop=stop is not None)
    if state is RunState.LOST:
        doubts.add(Doubt.STOP_MISSING)
    return RunFacts(
        boot=first.boot,
        lease=next((one.lease for one in ordered if one.lease), None),
        state=state,
        started_at=started_at,
        last_at=last_at,
        ended_at=None if state is RunState.OPEN else last_at,
        metered_ms=tally.metered_ms,
        cycles=tally.cycles,
        energy_wh=tally.energy_wh,
        coverage_permille=(
            1000 if tally.span_ms == 0 else tally.covered_ms * 1000 // tally.span_ms
        ),
        doubts=tuple(sorted(doubts)),
    )


def state_of(last: Evidence, around: Surroundings, *, has_stop: bool) -> RunState:
    if has_stop:
        return RunState.CLOSED
    silence = around.now - last.received_at
    is_lost = (
        around.is_superseded
        or silence > GIVEN_UP_AFTER
        # A device that is away may only be unable to tell: its spool speaks later.
        or (around.is_online and silence > LOST_AFTER)
    )
    return RunState.LOST if is_lost else RunState.OPEN


@dataclass(frozen=True, slots=True)
class Buckets:
    """有效机时: preparing, working, and clearing up; together the metered time."""

    warm_up_ms: int
    work_ms: int
    cool_down_ms: int


def share_out(metered_ms: int, phases: Buckets) -> Buckets:
    """Divide the metered time as the phases were seen to last; the counter is what counts.

    What rounding leaves goes to work, and so does everything where no phase was seen.
    """
    seen_ms = phases.warm_up_ms + phases.work_ms + phases.cool_down_ms
    if seen_ms == 0:
        return Buckets(0, metered_ms, 0)
    warm_up_ms = metered_ms * phases.warm_up_ms // seen_ms
    cool_down_ms = metered_ms * phases.cool_down_ms // seen_ms
    return Buckets(warm_up_ms, metered_ms - warm_up_ms - cool_down_ms, cool_down_ms)
