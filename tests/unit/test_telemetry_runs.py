"""From events to runs: counters, lost ends, coverage, and the order in which things arrive."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.devices.rules import Change, Presence, is_current, presence
from telemetry.runs.rules import (
    Buckets,
    CounterStep,
    Doubt,
    Evidence,
    RunFacts,
    RunState,
    Surroundings,
    count_step,
    find_run,
    share_out,
)

START = datetime(2030, 1, 1, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR_MS = 3_600_000


def event(kind: str, at_s: float, run_ms: int, seq: int, *, boot: str = "b1") -> Evidence:
    at = START + at_s * SECOND
    return Evidence(at=at, received_at=at, kind=kind, boot=boot, seq=seq, run_ms=run_ms)


def hour(*, base: int = 1_000_000) -> list[Evidence]:
    """A run of an hour with a heartbeat a minute."""
    beats = [event("hb", 60 * n, base + 60_000 * n, n + 1) for n in range(1, 60)]
    return [event("start", 0, base, 1), *beats, event("stop", 3600, base + HOUR_MS, 61)]


def around(now_s: float = 3600, **more: object) -> Surroundings:
    return Surroundings(now=START + now_s * SECOND, **more)  # type: ignore[arg-type]


def facts(run: RunFacts) -> tuple[RunState, int, int]:
    return run.state, run.metered_ms, run.coverage_permille


def test_run_from_start_to_stop_is_metered_by_its_counter() -> None:
    run = find_run(hour(), around())

    assert facts(run) == (RunState.CLOSED, HOUR_MS, 1000)
    assert (run.started_at, run.ended_at) == (START, START + timedelta(hours=1))
    assert run.doubts == ()


@given(st.randoms(use_true_random=False), st.sets(st.integers(1, 59)))
def test_lost_heartbeats_and_any_order_change_nothing(
    chance: random.Random, lost: set[int]
) -> None:
    events = [one for number, one in enumerate(hour()) if number not in lost]
    chance.shuffle(events)

    assert find_run([*events, *events[:3]], around()) == find_run(hour(), around())


@pytest.mark.parametrize(
    ("now_s", "is_online", "is_superseded", "expected"),
    [
        pytest.param(600, True, False, RunState.OPEN, id="a heartbeat is still due"),
        pytest.param(1000, True, False, RunState.LOST, id="there, and silent for long"),
        pytest.param(1000, False, False, RunState.OPEN, id="away: its spool may tell later"),
        pytest.param(90_000, False, False, RunState.LOST, id="away for more than a day"),
        pytest.param(601, True, True, RunState.LOST, id="gone on to something else"),
    ],
)
def test_run_without_its_stop_is_closed_when_it_must_be(
    now_s: float, *, is_online: bool, is_superseded: bool, expected: RunState
) -> None:
    run = find_run(hour()[:11], around(now_s, is_online=is_online, is_superseded=is_superseded))

    assert run.state is expected
    assert run.metered_ms == 600_000
    assert (run.ended_at is None) == (expected is RunState.OPEN)


def test_late_stop_corrects_a_lost_run() -> None:
    lost = find_run(hour()[:11], around(4000))
    corrected = find_run([*hour()[:11], hour()[-1]], around(4000))

    assert facts(lost) == (RunState.LOST, 600_000, 1000)
    assert lost.doubts == (Doubt.STOP_MISSING,)
    assert facts(corrected) == (RunState.CLOSED, HOUR_MS, 1000)
    assert corrected.doubts == ()


def test_lost_start_is_made_good_from_the_counter_before() -> None:
    run = find_run(hour()[5:], around(counter_before=1_000_000))

    assert (run.started_at, run.metered_ms) == (START, HOUR_MS)
    assert run.doubts == (Doubt.START_MISSING,)


def test_time_in_which_nothing_was_seen_and_nothing_counted_is_no_evidence() -> None:
    events = [event("start", 0, 0, 1), event("hb", 60, 60_000, 2), event("stop", 3660, 90_000, 3)]

    run = find_run(events, around())

    assert run.metered_ms == 90_000
    # One minute proven, and of the hour that follows two and a half.
    assert run.coverage_permille == (60 + 150) * 1000 // 3660


@pytest.mark.parametrize(
    ("before", "after", "elapsed_ms", "expected"),
    [
        pytest.param(100, 160, 60, (CounterStep.ADVANCED, 60), id="as it should"),
        pytest.param(2**32 - 10, 20, 60, (CounterStep.ROLLED_OVER, 30), id="past 32 bits"),
        pytest.param(9_000_000, 3_000, 60_000, (CounterStep.RESET, 3_000), id="began at zero"),
        pytest.param(9_000_000, 5_000_000, 60_000, (CounterStep.REPLACED, 0), id="another counter"),
    ],
)
def test_counter_that_falls_is_read_for_what_it_is(
    before: int, after: int, elapsed_ms: int, expected: tuple[CounterStep, int]
) -> None:
    assert count_step(before, after, elapsed_ms=elapsed_ms) == expected


def test_power_cut_within_a_run_is_doubted_but_counted() -> None:
    events = [
        event("start", 0, 5_000_000, 1),
        event("hb", 60, 5_060_000, 2),
        event("hb", 130, 10_000, 1, boot="b2"),
        event("stop", 180, 60_000, 2, boot="b2"),
    ]

    run = find_run(events, around())

    assert run.metered_ms == 60_000 + 10_000 + 50_000
    assert run.doubts == (Doubt.COUNTER_RESET,)


def test_clock_that_went_back_leaves_no_negative_time() -> None:
    events = [
        event("start", 0, 0, 1),
        event("hb", 60, 60_000, 2),
        event("hb", -3480, 120_000, 3),
        event("stop", -3420, 180_000, 4),
    ]

    run = find_run(events, around())

    assert run.metered_ms == 180_000
    assert run.ended_at is not None
    assert run.ended_at - run.started_at == timedelta(minutes=3)
    assert run.doubts == (Doubt.CLOCK_WENT_BACK,)


@given(st.integers(0, 10**9), *[st.integers(0, 10**8)] * 3)
def test_parts_are_always_the_whole(metered: int, warm: int, work: int, cool: int) -> None:
    shared = share_out(metered, Buckets(warm, work, cool))

    assert shared.warm_up_ms + shared.work_ms + shared.cool_down_ms == metered
    assert min(shared.warm_up_ms, shared.work_ms, shared.cool_down_ms) >= 0


def test_device_is_there_while_it_and_its_gateway_are() -> None:
    own = [Change(START - SECOND, True), Change(START + 30 * SECOND, False)]  # noqa: FBT003
    gateway = [
        Change(START - SECOND, True),  # noqa: FBT003
        Change(START + 10 * SECOND, False),  # noqa: FBT003
        Change(START + 20 * SECOND, True),  # noqa: FBT003
    ]

    spans = presence(own, gateway, START, START + 60 * SECOND)

    edges = (0, 10, 20, 30, 60)
    assert spans == [
        Presence(START + a * SECOND, START + b * SECOND, is_online)
        for a, b, is_online in zip(edges, edges[1:], (True, False, True, False), strict=False)
    ]


@pytest.mark.parametrize(
    ("boot", "known", "is_online", "expected"),
    [
        pytest.param("b2", "b1", True, True, id="a new boot"),
        pytest.param("b1", "b2", False, False, id="the old boot's will, after the new birth"),
        pytest.param("b1", "b2", True, False, id="the old boot's last word, late"),
        pytest.param("b2", "b2", False, True, id="the present boot's will"),
        pytest.param("b9", "b2", False, False, id="a will of a boot nobody heard of"),
    ],
)
def test_only_the_present_boot_or_a_newer_says_how_a_device_is(
    boot: str, known: str, *, is_online: bool, expected: bool
) -> None:
    births = ["b1", "b2"]

    assert is_current(boot=boot, known_boot=known, births=births, is_online=is_online) is expected
