"""Which days are worked, and when a period ends (Civil Code arts. 200-204). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

SATURDAY = 5
MONTHS_OF_YEAR = 12
ZONE = ZoneInfo("Asia/Shanghai")


class Unit(StrEnum):
    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Period:
    """So many of a unit: three working days, one month."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError("a period has at least one of its unit")


def working_days(count: int) -> Period:
    return Period(count, Unit.WORKING_DAYS)


def months(count: int) -> Period:
    return Period(count, Unit.MONTHS)


@dataclass(frozen=True, slots=True)
class DueDate:
    """The instant by which something is to be done: the first one that is too late."""

    at: datetime
    provisional: bool
    """True: a year was crossed whose holidays are not published yet."""


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """What the published notices say, and what is guessed for years without one."""

    named: Mapping[date, bool]
    """Days that a notice names, and whether each is worked."""
    published: frozenset[int]
    guessed_off: frozenset[date] = field(default=frozenset())
    """The statutory holidays of years without a notice."""

    def is_working(self, day: date) -> bool:
        told = self.named.get(day)
        if told is not None:
            return told
        if day.year not in self.published and day in self.guessed_off:
            return False
        return day.weekday() < SATURDAY

    def is_guessed(self, day: date) -> bool:
        return day.year not in self.published and day not in self.named


def due_date(
    start: datetime,
    period: Period,
    calendar: WorkCalendar,
    *,
    zone: ZoneInfo = ZONE,
    closes_at: time | None = None,
) -> DueDate:
    """Return when a period that starts now ends: the one way deadlines are counted here.

    Hours run from the instant (art. 201 II). Otherwise the first day does not count
    (art. 201 I); months end on the corresponding day, or on the month's last (art. 202); a
    last day that is a day off moves to the next working day (art. 203 I). The last day ends
    at 24:00, or when business closes (art. 203 II).
    """
    if start.tzinfo is None:
        raise ValueError("a period starts at an instant with a zone")
    if period.unit is Unit.HOURS:
        return DueDate(start + timedelta(hours=period.count), provisional=False)
    first = start.astimezone(zone).date()
    if period.unit is Unit.WORKING_DAYS:
        last, provisional = _count_working_days(first, period.count, calendar)
    else:
        last, provisional = _roll(_last_day(first, period), calendar)
    ends = (
        datetime.combine(last, closes_at, zone)
        if closes_at is not None
        else datetime.combine(last + timedelta(days=1), time.min, zone)
    )
    return DueDate(ends.astimezone(UTC), provisional)


def working_days_between(first: date, last: date, calendar: WorkCalendar) -> int:
    """Count the working days after the first day, up to and with the last."""
    step = 1 if last >= first else -1
    low, high = (first, last) if step == 1 else (last, first)
    span = range(1, (high - low).days + 1)
    return step * sum(calendar.is_working(low + timedelta(days=n)) for n in span)


def _count_working_days(first: date, count: int, calendar: WorkCalendar) -> tuple[date, bool]:
    day = first
    provisional = False
    while count:
        day += timedelta(days=1)
        provisional = provisional or calendar.is_guessed(day)
        count -= calendar.is_working(day)
    return day, provisional


def _last_day(first: date, period: Period) -> date:
    if period.unit is Unit.DAYS:
        return first + timedelta(days=period.count)
    count = period.count * (MONTHS_OF_YEAR if period.unit is Unit.YEARS else 1)
    year, month = divmod(first.year * MONTHS_OF_YEAR + first.month - 1 + count, MONTHS_OF_YEAR)
    for day in range(first.day, 27, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue  # the month has no such day, so it ends on an earlier one
    return date(year, month + 1, first.day)


def _roll(last: date, calendar: WorkCalendar) -> tuple[date, bool]:
    provisional = calendar.is_guessed(last)
    while not calendar.is_working(last):
        last += timedelta(days=1)
        provisional = provisional or calendar.is_guessed(last)
    return last, provisional


class Urgency(StrEnum):
    """How near a due date is; what it is escalated by."""

    CALM = "calm"
    SOON = "soon"
    """Due within one working day."""
    OVERDUE = "overdue"
    LONG_OVERDUE = "long_overdue"
    """A working day and more past due: the platform's operator is told."""


URGENCY_LEVEL = {level: number for number, level in enumerate(Urgency)}


def urgency(due_at: datetime, now: datetime, calendar: WorkCalendar) -> Urgency:
    """Say how near a due date is, in working days."""
    # The due instant is the midnight after the last day.
    last = (due_at.astimezone(ZONE) - timedelta(microseconds=1)).date()
    left = working_days_between(now.astimezone(ZONE).date(), last, calendar)
    if now < due_at:
        return Urgency.SOON if left <= 1 else Urgency.CALM
    return Urgency.LONG_OVERDUE if left <= -1 else Urgency.OVERDUE
