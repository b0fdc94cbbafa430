"""Runs are given to the use they belong to, and amount to what a person could add up."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from booking.reservations.rules import Slot
from booking.usage.rules import RunFact, UsageState, Use, attribute_runs, is_settled, measure
from foundation.identifiers import DeviceId, ReservationId, RunId

DAY = datetime(2030, 1, 7, tzinfo=UTC)
DEVICE = DeviceId(uuid4())


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def run(
    starts: float,
    ends: float,
    *,
    lease: str | None = None,
    state: str = "closed",
    metered: timedelta | None = None,
    coverage_permille: int = 1000,
) -> RunFact:
    length = at(ends) - at(starts)
    metered_ms = (metered if metered is not None else length) // timedelta(milliseconds=1)
    return RunFact(
        run_id=RunId(uuid4()),
        device_id=DEVICE,
        lease=lease,
        started_at=at(starts),
        last_at=at(ends),
        ended_at=None if state == "open" else at(ends),
        state=state,
        metered_ms=metered_ms,
        warm_up_ms=60_000,
        work_ms=metered_ms - 90_000,
        cool_down_ms=30_000,
        coverage_permille=coverage_permille,
    )


def use(starts: float, ends: float, *leases: str) -> Use:
    return Use(ReservationId(uuid4()), Slot(at(starts), at(ends)), frozenset(leases))


def test_run_belongs_to_the_use_whose_lease_it_names() -> None:
    """It began a quarter early, in the slot before: the lease says whose it is."""
    earlier, mine = use(9, 10, "lease-a"), use(10, 11, "lease-b")
    early = run(9.5, 10.2, lease="lease-b")

    assert attribute_runs([early], [earlier, mine]) == {mine.reservation_id: [early]}


def test_run_without_a_lease_belongs_to_the_use_it_overlaps_most() -> None:
    first, second = use(9, 10), use(10, 11)
    across = run(9.8, 10.9)

    assert attribute_runs([across], [first, second]) == {second.reservation_id: [across]}


def test_run_that_overlaps_two_alike_belongs_to_the_earlier() -> None:
    first, second = use(9, 10), use(10, 11)
    across = run(9.5, 10.5)

    assert attribute_runs([across], [second, first]) == {first.reservation_id: [across]}


def test_run_that_overlaps_no_use_is_not_lost_sight_of() -> None:
    alone = run(20, 21)

    assert attribute_runs([alone], [use(9, 10)]) == {None: [alone]}


def test_run_of_an_unknown_lease_is_judged_by_its_time() -> None:
    mine = use(9, 10, "lease-a")
    other = run(9.1, 9.5, lease="of another lab")

    assert attribute_runs([other], [mine]) == {mine.reservation_id: [other]}


def test_measured_time_is_the_sum_of_the_counters() -> None:
    measured = measure([run(9, 10), run(10.5, 11)], was_watched=True)

    assert measured.metered_ms == 5_400_000
    assert measured.warm_up_ms + measured.work_ms + measured.cool_down_ms == 5_400_000
    assert measured.state == UsageState.METERED


def test_coverage_is_weighed_by_length() -> None:
    measured = measure(
        [run(9, 12, coverage_permille=1000), run(13, 14, coverage_permille=800)], was_watched=True
    )

    assert measured.coverage_permille == 950


@pytest.mark.parametrize(
    ("runs", "was_watched", "doubts"),
    [
        pytest.param([run(9, 10)], True, (), id="whole evidence"),
        pytest.param([run(9, 10, state="lost")], True, ("run_without_stop",), id="no stop"),
        pytest.param(
            [run(9, 10, coverage_permille=899)], True, ("gap_in_evidence",), id="a gap in a run"
        ),
        pytest.param([run(9, 10)], False, ("gap_in_evidence",), id="a gap beside the runs"),
        pytest.param(
            [run(9, 10, metered=timedelta(hours=2))],
            True,
            ("counter_ahead_of_clock",),
            id="more time counted than passed",
        ),
        pytest.param([], True, (), id="watched, and never started"),
        pytest.param([], False, ("gap_in_evidence",), id="nobody watched"),
    ],
)
def test_doubtful_evidence_needs_review(
    runs: list[RunFact], doubts: tuple[str, ...], *, was_watched: bool
) -> None:
    measured = measure(runs, was_watched=was_watched)

    assert measured.doubts == doubts
    assert measured.state == (UsageState.NEEDS_REVIEW if doubts else UsageState.METERED)


@pytest.mark.parametrize(
    ("runs", "heard", "asked", "expected"),
    [
        pytest.param([run(9, 10)], 10.1, 10.1, True, id="heard of since"),
        pytest.param([run(9, 10)], 9.9, 10.01, False, id="not heard of yet"),
        pytest.param([run(9, 10)], None, 10.1, True, id="five minutes are over"),
        pytest.param([run(9, 10.2, state="open")], 10.2, 10.21, False, id="still cooling down"),
        pytest.param([run(9, 10, state="open")], 10.1, 10.1, True, id="open, but long silent"),
    ],
)
def test_use_settles_once_its_telemetry_is_in(
    runs: list[RunFact], heard: float | None, asked: float, *, expected: bool
) -> None:
    heard_at = at(heard) if heard is not None else None

    assert is_settled(runs, heard_at=heard_at, ended_at=at(10), now=at(asked)) is expected
