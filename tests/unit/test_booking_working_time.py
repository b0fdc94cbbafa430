"""Which use a technician may be given: their hours, their day and week, their pauses."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.policies.terms import Shift, Terms, find_document_problems, read_terms
from booking.policies.working_time import find_working_time_problems
from booking.reservations.rules import Slot

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2030, 1, 7, tzinfo=ZONE)
OFFICE = (Shift((1, 2, 3, 4, 5), 9 * 3600, 12 * 3600), Shift((1, 2, 3, 4, 5), 13 * 3600, 18 * 3600))


def at(first: float, last: float, *, day: int = 0) -> Slot:
    midnight = MONDAY + timedelta(days=day)
    return Slot(midnight + timedelta(hours=first), midnight + timedelta(hours=last))


def codes(slot: Slot, *assigned: Slot, **terms: object) -> list[str]:
    asked = Terms(**terms)  # type: ignore[arg-type] # each test names the terms it is about
    return [
        problem.code for problem in find_working_time_problems(slot, assigned, asked, zone=ZONE)
    ]


def test_nothing_speaks_against_a_use_in_a_free_day() -> None:
    assert codes(at(9, 17)) == []


@pytest.mark.parametrize(
    ("slot", "fits"),
    [
        (at(9, 12), True),
        (at(13, 18), True),
        (at(11, 14), False),  # over the midday break
        (at(8.75, 10), False),
        (at(9, 12, day=5), False),  # a Saturday
    ],
)
def test_use_lies_within_one_shift(slot: Slot, *, fits: bool) -> None:
    assert codes(slot, technician_hours=OFFICE) == ([] if fits else ["outside_technician_hours"])


def test_shifts_that_touch_are_one_stretch() -> None:
    shifts = (Shift((1,), 9 * 3600, 13 * 3600), Shift((1,), 13 * 3600, 18 * 3600))

    assert codes(at(11, 15), technician_hours=shifts) == []


def test_day_holds_eight_hours_and_not_a_minute_more() -> None:
    had = at(8, 12)

    assert codes(at(13, 17), had) == []
    assert codes(at(13, 17.25), had) == ["too_long_a_day"]
    assert codes(at(13, 17.25), at(8, 12, day=1)) == []


def test_day_is_the_labs_own_and_a_use_over_midnight_counts_in_both() -> None:
    night = at(20, 28)  # four hours of Monday, four of Tuesday

    assert codes(night, at(8, 12)) == []
    assert codes(night, at(8, 12.5)) == ["too_long_a_day"]
    assert codes(night, at(8, 12.5, day=1)) == ["too_long_a_day"]


def test_week_holds_forty_four_hours() -> None:
    week = [at(8, 16, day=day) for day in range(5)]

    assert codes(at(8, 12, day=5), *week) == []
    assert codes(at(8, 12.25, day=5), *week) == ["too_long_a_week"]
    assert codes(at(8, 16, day=7), *week) == []


def test_pause_is_kept_on_both_sides() -> None:
    had = at(10, 12)

    assert codes(at(12, 14), had) == []
    assert codes(at(12, 14), had, technician_rest_s=900) == ["no_rest"]
    assert codes(at(8, 9.9), had, technician_rest_s=900) == ["no_rest"]
    assert codes(at(12.25, 14), had, technician_rest_s=900) == []


def test_every_reason_is_named_at_once() -> None:
    found = codes(
        at(12, 18), at(8, 12), technician_hours=OFFICE, technician_rest_s=60,
        technician_week_max_s=3600,
    )  # fmt: skip

    assert found == ["outside_technician_hours", "too_long_a_day", "too_long_a_week", "no_rest"]


def test_shifts_are_read_back_as_they_were_written() -> None:
    terms = Terms(technician_hours=OFFICE, technician_rest_s=900, deposit_fen=50_000)

    assert read_terms([terms.document()]) == terms
    assert find_document_problems(terms.document()) == []
    assert [one.code for one in find_document_problems({"technician_hours": [{"from_s": 1}]})] == [
        "wrong_value"
    ]
