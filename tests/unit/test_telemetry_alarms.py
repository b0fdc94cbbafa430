"""Alarms on the device's own time: limits, hysteresis, durations, and late data."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from telemetry.alarms.rules import (
    Episode,
    Known,
    Limit,
    Reading,
    RuleKind,
    Timers,
    compare,
    follow,
)

START = datetime(2030, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def readings(*values: float) -> list[Reading]:
    """One a minute."""
    return [Reading(START + minute * MINUTE, value) for minute, value in enumerate(values)]


def minutes(episodes: list[Episode]) -> list[tuple[float, float | None]]:
    return [
        (
            (one.raised_at - START) / MINUTE,
            None if one.cleared_at is None else (one.cleared_at - START) / MINUTE,
        )
        for one in episodes
    ]


HOT = Limit(RuleKind.ABOVE, 80, hysteresis=5, lasts=2 * MINUTE, clears_for=3 * MINUTE)


def test_it_must_last_before_it_is_an_alarm() -> None:
    _, short = follow(HOT, Timers(), readings(20, 90, 90, 20, 90, 90))
    _, long = follow(HOT, Timers(), readings(20, 90, 90, 90, 90))

    assert short == []
    assert minutes(long) == [(3, None)]


def test_it_clears_when_calm_by_the_hysteresis_for_long_enough() -> None:
    _, still = follow(HOT, Timers(), readings(90, 90, 90, 78, 78, 78, 78, 78))
    _, again = follow(HOT, Timers(), readings(90, 90, 90, 70, 70, 79, 70, 70))
    _, over = follow(HOT, Timers(), readings(90, 90, 90, 70, 70, 70, 70))

    assert minutes(still) == [(2, None)]
    assert minutes(again) == [(2, None)]
    assert minutes(over) == [(2, 6)]


def test_too_little_is_the_mirror_of_too_much() -> None:
    cold = Limit(RuleKind.BELOW, 2, hysteresis=1)

    _, episodes = follow(cold, Timers(), readings(4, 1, 2.5, 3))

    assert minutes(episodes) == [(1, 3)]
    assert episodes[0].worst == 1


@given(
    st.lists(st.sampled_from([60.0, 78.0, 90.0]), min_size=1, max_size=60),
    st.integers(min_value=0, max_value=60),
)
def test_in_whatever_steps_it_is_looked_at_the_episodes_are_the_same(
    values: list[float], cut: int
) -> None:
    whole = readings(*values)

    timers, first = follow(HOT, Timers(), whole[:cut])
    _, second = follow(HOT, timers, whole[cut:])

    closed = [one for one in first if one.cleared_at is not None]
    assert minutes(closed + second) == minutes(follow(HOT, Timers(), whole)[1])


def test_record_is_corrected_to_what_the_readings_show() -> None:
    shown = [Episode(START, START + 5 * MINUTE), Episode(START + 20 * MINUTE, None)]
    known = [
        Known("goes on", START, None),
        Known("never was", START + 10 * MINUTE, START + 12 * MINUTE),
    ]

    todo = compare(shown, known)

    assert todo.clear == [("goes on", START + 5 * MINUTE)]
    assert todo.withdraw == ["never was"]
    assert todo.raise_ == [shown[1]]
