"""Deadlines by hand: every expected day was counted on the printed calendar."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.workdays.errors import NoticeRefused
from directory.workdays.notices import (
    Notice,
    require_sound,
    shipped_notices,
    statutory_holidays,
)
from directory.workdays.rules import (
    ZONE,
    DueDate,
    Period,
    Unit,
    Urgency,
    WorkCalendar,
    due_date,
    months,
    urgency,
    working_days,
    working_days_between,
)


def shipped_calendar() -> WorkCalendar:
    notices = shipped_notices()
    return WorkCalendar(
        named={day: kind[0] for notice in notices for day, kind in notice.days().items()},
        published=frozenset(notice.year for notice in notices),
        guessed_off=statutory_holidays(),
    )


CALENDAR = shipped_calendar()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def midnight_after(day: str) -> datetime:
    """The end of a day, at 24:00 in Shanghai, is 16:00 UTC of that day."""
    return datetime.fromisoformat(f"{day}T16:00:00").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "period", "last_day", "provisional"),
    [
        pytest.param(
            "2026-11-20T09:00", working_days(3), "2026-11-25", False, id="Friday to Wednesday"
        ),
        pytest.param(
            "2026-11-20T23:59", working_days(1), "2026-11-23", False, id="the hour is no matter"
        ),
        pytest.param(
            "2026-09-30T10:00",
            working_days(3),
            "2026-10-10",
            False,
            id="National Day: 8, 9 and the worked Saturday, 10 October",
        ),
        pytest.param(
            "2026-02-13T10:00",
            working_days(2),
            "2026-02-24",
            False,
            id="Spring Festival: Saturday 14 is worked, then nine days off",
        ),
        pytest.param(
            "2026-12-23T10:00",
            working_days(7),
            "2027-01-04",
            True,
            id="into a year whose notice is not out: guessed, and said so",
        ),
        pytest.param(
            "2026-12-23T10:00", working_days(6), "2026-12-31", False, id="just before that year"
        ),
        pytest.param(
            "2026-01-31T10:00", months(1), "2026-02-28", False, id="a month without the day ends"
        ),
        pytest.param(
            "2025-09-03T10:00",
            months(1),
            "2025-10-09",
            False,
            id="the corresponding day is in the holiday, so the day after it",
        ),
        pytest.param("2026-11-20T10:00", months(2), "2027-01-20", True, id="two months"),
        pytest.param("2026-11-21T10:00", months(3), "2027-02-22", True, id="a Sunday rolls on"),
        pytest.param(
            "2024-02-29T10:00", Period(1, Unit.YEARS), "2025-02-28", False, id="a leap day"
        ),
        pytest.param(
            "2026-04-25T10:00",
            Period(14, Unit.DAYS),
            "2026-05-09",
            False,
            id="a make-up Saturday is a day to end on",
        ),
        pytest.param("2026-11-20T10:00", Period(8, Unit.DAYS), "2026-11-30", False, id="days roll"),
    ],
)
def test_period_ends_as_the_civil_code_says(
    start: str, period: Period, last_day: str, *, provisional: bool
) -> None:
    due = due_date(local(start), period, CALENDAR)

    assert due == DueDate(midnight_after(last_day), provisional)


def test_day_is_the_one_in_shanghai_not_in_greenwich() -> None:
    # 17:00 UTC on Thursday is 01:00 on Friday in Shanghai.
    start = datetime(2026, 11, 19, 17, tzinfo=UTC)

    assert due_date(start, working_days(1), CALENDAR).at == midnight_after("2026-11-23")


def test_hours_run_from_the_instant() -> None:
    start = local("2026-11-20T22:30")

    due = due_date(start, Period(24, Unit.HOURS), CALENDAR)

    assert due == DueDate(local("2026-11-21T22:30"), provisional=False)


def test_where_business_closes_the_day_ends_then() -> None:
    due = due_date(local("2026-11-20T09:00"), working_days(1), CALENDAR, closes_at=time(17, 30))

    assert due.at == local("2026-11-23T17:30")


def test_unknown_year_has_its_thirteen_statutory_days() -> None:
    off = [day for day in statutory_holidays() if day.year == 2027]

    assert len(off) == 13
    assert date(2027, 2, 5) in off  # New Year's Eve by the lunar calendar
    assert not CALENDAR.is_working(date(2027, 10, 1))
    assert CALENDAR.is_working(date(2027, 10, 4))  # no make-up arrangement is guessed


def test_year_beyond_every_table_is_no_fault() -> None:
    due = due_date(local("2099-12-30T09:00"), working_days(5), CALENDAR)

    assert due.provisional
    assert due.at == midnight_after("2100-01-06")


@given(
    start=st.datetimes(datetime(2024, 1, 1), datetime(2051, 1, 1)),  # noqa: DTZ001 - zone follows
    count=st.integers(1, 60),
)
def test_working_days_counted_forth_are_counted_back(start: datetime, count: int) -> None:
    due = due_date(start.replace(tzinfo=ZONE), working_days(count), CALENDAR)

    last = due.at.astimezone(ZONE).date().toordinal() - 1
    assert working_days_between(start.date(), date.fromordinal(last), CALENDAR) == count


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-20T10:00", Urgency.CALM),
        ("2026-11-24T10:00", Urgency.SOON),
        ("2026-11-25T23:59", Urgency.SOON),
        ("2026-11-26T00:00", Urgency.LONG_OVERDUE),
        ("2026-11-27T09:00", Urgency.LONG_OVERDUE),
    ],
)
def test_urgency_grows_as_the_day_comes_near(now: str, expected: Urgency) -> None:
    due_at = midnight_after("2026-11-25")

    assert urgency(due_at, local(now), CALENDAR) == expected


def test_overdue_over_a_weekend_is_not_long_overdue() -> None:
    due_at = midnight_after("2026-11-20")

    assert urgency(due_at, local("2026-11-22T10:00"), CALENDAR) == Urgency.OVERDUE
    assert urgency(due_at, local("2026-11-23T10:00"), CALENDAR) == Urgency.LONG_OVERDUE


def test_shipped_notices_are_sound() -> None:
    notices = shipped_notices()

    for notice in notices:
        require_sound(notice)
    assert [notice.year for notice in notices] == [2025, 2026]
    assert [len(notice.off) for notice in notices] == [28, 33]
    assert [len(notice.work) for notice in notices] == [5, 6]


def test_every_fault_of_a_notice_is_named() -> None:
    notice = Notice(
        year=2027,
        title="关于2027年部分节假日安排的通知",
        issued_on=date(2026, 11, 10),
        off={date(2027, 1, 1): "元旦", date(2029, 1, 1): "元旦"},
        work={date(2027, 1, 1): "元旦"},
    )

    with pytest.raises(NoticeRefused) as refusal:
        require_sound(notice)

    assert {problem.code for problem in refusal.value.problems} == {
        "day_of_other_year",
        "day_named_twice",
        "make_up_on_weekday",
        "days_off_count",
    }
