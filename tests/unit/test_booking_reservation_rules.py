"""A wish for a slot is judged against the policy, and every fault of it is named."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.reservations.rules import (
    BookingPolicy,
    Slot,
    Wish,
    find_problems,
    parse_time,
    say_span,
)
from booking.reservations.states import TRANSITIONS, ReservationState

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2030, 1, 7, 9, tzinfo=SHANGHAI)
POLICY = BookingPolicy(
    zone=SHANGHAI,
    grid=timedelta(minutes=15),
    length_min=timedelta(minutes=30),
    length_max=timedelta(hours=8),
    notice_min=timedelta(hours=1),
    horizon=timedelta(days=30),
    set_up=timedelta(minutes=10),
    cool_down=timedelta(minutes=5),
)


def wish(starts_in: timedelta, length: timedelta) -> Wish:
    return Wish(NOW + starts_in, NOW + starts_in + length)


def codes(asked: Wish, policy: BookingPolicy = POLICY) -> list[str]:
    return [problem.code for problem in find_problems(asked, policy, NOW)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(wish(timedelta(hours=1), timedelta(hours=2)), [], id="just enough notice"),
        pytest.param(
            wish(timedelta(minutes=45), timedelta(hours=2)),
            ["too_little_notice"],
            id="too little notice",
        ),
        pytest.param(wish(timedelta(days=30), timedelta(hours=1)), [], id="at the horizon"),
        pytest.param(
            wish(timedelta(days=30, minutes=15), timedelta(hours=1)),
            ["too_far_ahead"],
            id="past the horizon",
        ),
        pytest.param(
            wish(timedelta(hours=2), timedelta(minutes=15)), ["too_short"], id="too short"
        ),
        pytest.param(wish(timedelta(hours=2), timedelta(hours=8)), [], id="as long as may be"),
        pytest.param(
            wish(timedelta(hours=2), timedelta(hours=8, minutes=15)), ["too_long"], id="too long"
        ),
        pytest.param(
            wish(timedelta(hours=2, minutes=7), timedelta(hours=1)),
            ["off_the_grid", "off_the_grid"],
            id="both ends off the grid",
        ),
        pytest.param(wish(timedelta(hours=2), timedelta(0)), ["empty"], id="empty"),
        pytest.param(wish(timedelta(hours=2), timedelta(hours=-1)), ["reversed"], id="reversed"),
        pytest.param(wish(timedelta(hours=2), timedelta(days=366)), ["too_long"], id="a year"),
        pytest.param(
            wish(timedelta(hours=2), timedelta(days=366, minutes=15)), ["endless"], id="beyond it"
        ),
        pytest.param(
            wish(timedelta(hours=-1, minutes=-3), timedelta(hours=9)),
            ["in_the_past", "off_the_grid", "off_the_grid", "too_long"],
            id="every problem is named, not just the first",
        ),
        pytest.param(
            Wish(None, NOW.replace(tzinfo=None)),
            ["not_a_time", "no_time_zone"],
            id="neither end is a time with a zone",
        ),
        pytest.param(
            Wish(NOW + timedelta(hours=-2), (NOW + timedelta(hours=1)).replace(tzinfo=None)),
            ["no_time_zone", "in_the_past"],
            id="one end naive, the other past",
        ),
    ],
)
def test_wish_is_judged_against_the_policy(asked: Wish, expected: list[str]) -> None:
    assert codes(asked) == expected


def test_grid_starts_at_the_labs_own_midnight() -> None:
    """09:00 in Kathmandu, 45 minutes off the hour of UTC, is on an hourly grid there."""
    kathmandu = ZoneInfo("Asia/Kathmandu")
    policy = BookingPolicy(
        zone=kathmandu,
        grid=timedelta(hours=1),
        length_min=timedelta(hours=1),
        length_max=timedelta(hours=8),
        notice_min=timedelta(0),
        horizon=timedelta(days=30),
    )
    starts_at = datetime(2030, 1, 8, 9, tzinfo=kathmandu).astimezone(UTC)

    assert codes(Wish(starts_at, starts_at + timedelta(hours=1)), policy) == []


def test_each_problem_speaks_both_languages_and_names_its_field() -> None:
    asked = wish(timedelta(hours=-1, minutes=-3), timedelta(hours=9))

    problems = find_problems(asked, POLICY, NOW)

    assert all(problem.zh and problem.en for problem in problems)
    assert {problem.field for problem in problems} == {"starts_at", "ends_at"}


def test_slot_needs_zones_and_an_end_after_its_start() -> None:
    with pytest.raises(ValueError, match="time zones"):
        Slot(datetime(2030, 1, 1, 9), datetime(2030, 1, 1, 10))  # noqa: DTZ001 - the point of it
    with pytest.raises(ValueError, match="after it starts"):
        Slot(NOW, NOW)


def test_slots_that_touch_do_not_overlap() -> None:
    first = Slot(NOW, NOW + timedelta(hours=1))

    assert not first.overlaps(Slot(first.ends_at, first.ends_at + timedelta(hours=1)))
    assert first.overlaps(Slot(first.ends_at - timedelta(seconds=1), first.ends_at))


def test_blocked_time_has_set_up_and_cool_down_around_it() -> None:
    slot = Slot(NOW, NOW + timedelta(hours=1))

    assert POLICY.blocked(slot) == Slot(
        NOW - timedelta(minutes=10), NOW + timedelta(hours=1, minutes=5)
    )


@pytest.mark.parametrize(
    ("text", "is_time"),
    [
        ("2026-12-01T09:00:00+08:00", True),
        ("2026-12-01T01:00:00Z", True),
        ("2026-12-01T09:00", True),
        ("tomorrow", False),
        ("", False),
        ("2026-13-01T09:00:00Z", False),
    ],
)
def test_time_is_read_from_iso_8601(text: str, *, is_time: bool) -> None:
    assert (parse_time(text) is not None) is is_time


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(days=30), ("30 天", "30 days")),
        (timedelta(hours=1), ("1 小时", "1 hour")),
        (timedelta(minutes=90), ("90 分钟", "90 minutes")),
        (timedelta(seconds=5), ("5 秒", "5 seconds")),
    ],
)
def test_span_is_said_in_its_largest_whole_unit(span: timedelta, words: tuple[str, str]) -> None:
    assert say_span(span) == words


def test_final_states_lead_nowhere() -> None:
    final = {state for state, after in TRANSITIONS.items() if not after}

    assert ReservationState.BILLED in final
    assert ReservationState.CANCELLED in final
    assert set(TRANSITIONS) == set(ReservationState)
