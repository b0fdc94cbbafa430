"""Which run belongs to which use, and what a use amounts to. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from booking.reservations.rules import ZERO, Slot
from foundation.identifiers import DeviceId, ReservationId, RunId

COVERAGE_ENOUGH_PERMILLE = 900
"""With less evidence than this a person must look before money is asked for."""
SETTLES_WITHIN = timedelta(minutes=5)
"""How long after its end a use waits for the rest of its telemetry."""
GAP = "gap_in_evidence"
NO_METER = "no_meter"
CLOCK_SLACK = timedelta(seconds=2)


class UsageState(StrEnum):
    METERED = "metered"
    NEEDS_REVIEW = "needs_review"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    BILLED = "billed"


@dataclass(frozen=True, slots=True)
class RunFact:
    """A run as telemetry found it."""

    run_id: RunId
    device_id: DeviceId
    lease: str | None
    started_at: datetime
    last_at: datetime
    ended_at: datetime | None
    state: str
    metered_ms: int
    warm_up_ms: int = 0
    work_ms: int = 0
    cool_down_ms: int = 0
    coverage_permille: int = 1000
    doubts: tuple[str, ...] = ()

    @property
    def ends_at(self) -> datetime:
        return self.ended_at if self.ended_at is not None else self.last_at


@dataclass(frozen=True, slots=True)
class Use:
    """A reservation that was used: its slot, and the leases that opened the instrument for it."""

    reservation_id: ReservationId
    slot: Slot
    leases: frozenset[str]


@dataclass(frozen=True, slots=True)
class Measured:
    """What the runs of a use amount to."""

    metered_ms: int
    warm_up_ms: int
    work_ms: int
    cool_down_ms: int
    coverage_permille: int
    doubts: tuple[str, ...]
    """Why a person must look at it; none: the evidence suffices."""

    @property
    def state(self) -> UsageState:
        return UsageState.NEEDS_REVIEW if self.doubts else UsageState.METERED


def attribute_runs(
    runs: Sequence[RunFact], uses: Sequence[Use]
) -> dict[ReservationId | None, list[RunFact]]:
    """Give each run to the use whose lease it names, else to the one it overlaps most.

    Ties go to the earlier use. A run that overlaps none is given to None, so that no use
    goes unseen.
    """
    by_lease = {lease: use.reservation_id for use in uses for lease in use.leases}
    in_order = sorted(uses, key=lambda use: use.slot.starts_at)
    given: dict[ReservationId | None, list[RunFact]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: run.started_at):
        owner = by_lease.get(run.lease) if run.lease else None
        if owner is None:
            overlaps = [(_overlap(run, use.slot), use.reservation_id) for use in in_order]
            longest = max((overlap for overlap, _ in overlaps), default=ZERO)
            if longest > ZERO:
                owner = next(of for overlap, of in overlaps if overlap == longest)
        given[owner].append(run)
    return dict(given)


def _overlap(run: RunFact, slot: Slot) -> timedelta:
    return min(run.ends_at, slot.ends_at) - max(run.started_at, slot.starts_at)


def is_settled(
    runs: Iterable[RunFact], *, heard_at: datetime | None, ended_at: datetime, now: datetime
) -> bool:
    """Tell whether no more telemetry of a use is to be expected.

    `heard_at` is the time, by the device's clock, of the latest thing it told us. A run
    still open is waited for while it shows signs of life, however long its cool-down.
    """
    late = now - ended_at >= SETTLES_WITHIN
    if any(run.state == "open" and now - run.last_at < SETTLES_WITHIN for run in runs):
        return False
    return late or (heard_at is not None and heard_at > ended_at)


def measure(runs: Sequence[RunFact], *, was_watched: bool) -> Measured:
    """Add up the runs of one use.

    `was_watched`: telemetry covers the whole use, so that time without a run is time
    without use. Where it is not, a person decides; never nothing, never the full price.
    """
    doubts = []
    spans = [(run.ends_at - run.started_at, run) for run in runs]
    total = sum((span for span, _ in spans), ZERO)
    if total > ZERO:
        weighted = sum(span // timedelta(milliseconds=1) * r.coverage_permille for span, r in spans)
        coverage = weighted // max(total // timedelta(milliseconds=1), 1)
    else:
        coverage = 1000 if was_watched else 0
    if any(run.state != "closed" for run in runs):
        doubts.append("run_without_stop")
    if coverage < COVERAGE_ENOUGH_PERMILLE or not was_watched:
        doubts.append(GAP)
    if any(
        timedelta(milliseconds=run.metered_ms) > span + span // 100 + CLOCK_SLACK
        for span, run in spans
    ):
        doubts.append("counter_ahead_of_clock")
    doubts += [doubt for run in runs for doubt in run.doubts]
    return Measured(
        metered_ms=sum(run.metered_ms for run in runs),
        warm_up_ms=sum(run.warm_up_ms for run in runs),
        work_ms=sum(run.work_ms for run in runs),
        cool_down_ms=sum(run.cool_down_ms for run in runs),
        coverage_permille=coverage,
        doubts=tuple(dict.fromkeys(doubts)),
    )


def difference_permille(metered: timedelta, booked: timedelta) -> int:
    """Return how far what was used is from what was reserved, rounded up."""
    return -(-abs(metered - booked) * 1000 // booked)


def measure_stay(stay: timedelta) -> Measured:
    """Take the time somebody was there for the use of an instrument that has no meter.

    Nothing but coming and leaving speaks for it, so that a person always looks at it.
    """
    stay_ms = stay // timedelta(milliseconds=1)
    return Measured(stay_ms, 0, stay_ms, 0, coverage_permille=0, doubts=(NO_METER,))


def is_close_to_booked(metered: timedelta, booked: timedelta, *, tolerance_permille: int) -> bool:
    """Whether what was used differs from what was reserved by little enough."""
    return difference_permille(metered, booked) <= tolerance_permille
