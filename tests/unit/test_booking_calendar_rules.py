"""What is left of an instrument's time when others have theirs."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.calendars.rules import bookable, offer_instead, subtract
from booking.reservations.rules import BookingPolicy, Slot

ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime(2030, 1, 7, tzinfo=ZONE)
POLICY = BookingPolicy(
    zone=ZONE,
    grid=timedelta(minutes=30),
    length_min=timedelta(minutes=60),
    length_max=timedelta(hours=8),
    notice_min=timedelta(0),
    horizon=timedelta(days=30),
    set_up=timedelta(minutes=15),
    cool_down=timedelta(minutes=15),
)


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def slot(starts: float, ends: float) -> Slot:
    return Slot(at(starts), at(ends))


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        pytest.param([], [(8, 18)], id="nothing taken"),
        pytest.param([(9, 10)], [(8, 9), (10, 18)], id="one in the middle"),
        pytest.param([(7, 9), (17, 19)], [(9, 17)], id="over both edges"),
        pytest.param([(9, 12), (10, 11)], [(8, 9), (12, 18)], id="one within another"),
        pytest.param([(12, 13), (9, 10)], [(8, 9), (10, 12), (13, 18)], id="in any order"),
        pytest.param([(7, 19)], [], id="all of it"),
        pytest.param([(5, 6), (19, 20)], [(8, 18)], id="outside"),
        pytest.param([(8, 10), (10, 12)], [(12, 18)], id="touching"),
    ],
)
def test_what_is_left_of_a_span(
    taken: list[tuple[float, float]], left: list[tuple[float, float]]
) -> None:
    assert subtract(slot(8, 18), [slot(*one) for one in taken]) == [slot(*one) for one in left]


def test_bookable_span_leaves_room_for_set_up_and_cool_down_on_the_grid() -> None:
    """A gap 9:00-12:00 less 15 minutes at each end is 9:15-11:45: on the grid, 9:30-11:30."""
    assert bookable([slot(9, 12)], POLICY, now=at(0)) == [slot(9.5, 11.5)]


def test_gap_too_short_for_the_shortest_slot_is_not_offered() -> None:
    assert bookable([slot(9, 10.25)], POLICY, now=at(0)) == []


def test_time_before_now_and_its_notice_is_not_offered() -> None:
    assert bookable([slot(0, 24)], POLICY, now=at(10.1)) == [slot(10.5, 23.5)]


def test_time_past_the_horizon_is_not_offered() -> None:
    assert bookable([slot(24 * 30 + 1, 24 * 31)], POLICY, now=at(0)) == []


def test_nearest_free_slots_of_the_same_length_are_offered_instead() -> None:
    offers = offer_instead(slot(10, 12), [slot(6, 9), slot(13, 14), slot(14.5, 20)], POLICY)

    assert offers == [slot(7, 9), slot(14.5, 16.5)]
