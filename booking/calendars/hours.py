"""When an instrument is open: weekdays, special days, the working calendar, closures. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

from booking.calendars.rules import subtract
from booking.reservations.rules import Slot
from foundation.errors import Problem

ONE_DAY = timedelta(days=1)
DAY_S = 86_400
SATURDAY = 6


@dataclass(frozen=True, slots=True)
class Hours:
    """A window of a weekday, by the lab's clock."""

    weekday: int
    opens_s: int
    closes_s: int
    is_extended: bool = False
    surcharge_permille: int = 0


@dataclass(frozen=True, slots=True)
class SpecialHours:
    """One date's own hours; none: shut."""

    day: date
    opens_s: int | None = None
    closes_s: int | None = None
    surcharge_permille: int = 0
    is_own: bool = False
    """Of this instrument alone: then what its institution says of the date is not asked."""


@dataclass(frozen=True, slots=True)
class Surcharged:
    """A span open for more money, so many thousandths of the price."""

    slot: Slot
    permille: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A closure, perhaps again every so many days until a last one."""

    slot: Slot
    repeat_days: int | None = None
    repeat_until: date | None = None
    reason_zh: str = ""
    reason_en: str = ""
    kind: str = "closure"


@dataclass(frozen=True, slots=True)
class Timetable:
    """Everything that says when an instrument is open."""

    zone: ZoneInfo
    hours: tuple[Hours, ...] = ()
    """None at all: open day and night."""
    special_days: tuple[SpecialHours, ...] = ()
    closures: tuple[Closed, ...] = ()
    is_working: Callable[[date], bool] | None = None
    """The working calendar, where the lab follows it."""


def at_second(day: date, second: int, zone: ZoneInfo) -> datetime:
    """Return the instant at which the lab's clock shows so many seconds of the day.

    Built from the clock, not by adding to midnight: on a day that is 23 or 25 hours long
    nine o'clock is nine o'clock.
    """
    if second >= 24 * 3600:
        day, second = day + ONE_DAY, second - 24 * 3600
    hour, rest = divmod(second, 3600)
    minute, left = divmod(rest, 60)
    return datetime(day.year, day.month, day.day, hour, minute, left, tzinfo=zone)


def find_special_problems(windows: Sequence[SpecialHours]) -> list[Problem]:
    """Return every window of a date that is none of a day, or overlaps one before it."""
    problems = []
    until = 0
    for number, one in enumerate(windows):
        opens_s, closes_s = one.opens_s, one.closes_s
        if opens_s is None or closes_s is None or not until <= opens_s < closes_s <= DAY_S:
            problems.append(
                Problem(
                    "wrong_window",
                    f"第 {number + 1} 个开放时段不正确,或与前一个重叠。",
                    f"Opening window {number + 1} is no window of a day, or overlaps the last.",
                    f"items.{number}",
                )
            )
        until = closes_s or until
    return problems


def windows_of(day: date, table: Timetable) -> list[tuple[Slot, int]]:
    """Return a day's open windows, each with its surcharge."""
    special = [one for one in table.special_days if one.day == day]
    special = [one for one in special if one.is_own] or special
    if special:
        return [
            (
                Slot(
                    at_second(day, one.opens_s, table.zone),
                    at_second(day, one.closes_s, table.zone),
                ),
                one.surcharge_permille,
            )
            for one in special
            if one.opens_s is not None and one.closes_s is not None
        ]
    if not table.hours:
        return [(Slot(at_second(day, 0, table.zone), at_second(day + ONE_DAY, 0, table.zone)), 0)]
    weekday = day.isoweekday()
    hours = [one for one in table.hours if one.weekday == weekday]
    if table.is_working is not None:
        is_working = table.is_working(day)
        if not is_working:
            # A holiday shuts the regular hours; what is extended is open for more money.
            hours = [one for one in hours if one.is_extended]
        elif weekday >= SATURDAY and not any(not one.is_extended for one in hours):
            # A make-up day keeps the first weekday's hours.
            first = min((one.weekday for one in table.hours if not one.is_extended), default=0)
            hours = [one for one in table.hours if one.weekday == first] or hours
    return [
        (
            Slot(
                at_second(day, one.opens_s, table.zone),
                at_second(day, one.closes_s, table.zone),
            ),
            one.surcharge_permille,
        )
        for one in sorted(hours, key=lambda one: one.opens_s)
    ]


def open_windows(window: Slot, table: Timetable) -> list[tuple[Slot, int]]:
    day = window.starts_at.astimezone(table.zone).date() - ONE_DAY
    last = window.ends_at.astimezone(table.zone).date()
    found = []
    while day <= last:
        found += [one for one in windows_of(day, table) if one[0].overlaps(window)]
        day += ONE_DAY
    return found


def closed_spans(window: Slot, table: Timetable) -> list[tuple[Slot, Closed]]:
    """Return each time a closure falls in the window, repeats by the lab's clock."""
    return [
        (slot, closure)
        for closure in table.closures
        for slot in repeats_of(closure, window, table.zone)
        if slot.overlaps(window)
    ]


def repeats_of(closure: Closed, window: Slot, zone: ZoneInfo) -> list[Slot]:
    if closure.repeat_days is None:
        return [closure.slot]
    first = closure.slot.starts_at.astimezone(zone)
    length = closure.slot.length
    skipped = max(0, ((window.starts_at - length) - first) // timedelta(days=closure.repeat_days))
    slots: list[Slot] = []
    number = skipped
    while True:
        day = first.date() + timedelta(days=number * closure.repeat_days)
        starts_at = datetime.combine(day, first.time(), zone)
        if starts_at >= window.ends_at:
            return slots
        if closure.repeat_until is not None and day > closure.repeat_until:
            return slots
        slots.append(Slot(starts_at, starts_at + length))
        number += 1


def merge(slots: Sequence[Slot]) -> list[Slot]:
    """Join slots that touch or overlap: two windows in a row are one open span."""
    merged: list[Slot] = []
    for slot in sorted(slots, key=lambda slot: slot.starts_at):
        if merged and slot.starts_at <= merged[-1].ends_at:
            merged[-1] = Slot(merged[-1].starts_at, max(merged[-1].ends_at, slot.ends_at))
        else:
            merged.append(slot)
    return merged


def open_spans(window: Slot, table: Timetable) -> list[Slot]:
    """Return when the instrument is open and not closed, within the window."""
    spans = merge([slot for slot, _ in open_windows(window, table)])
    gone = [slot for slot, _ in closed_spans(window, table)]
    return [left for span in spans for left in subtract(span, gone)]


def is_always_open(table: Timetable) -> bool:
    return not (table.hours or table.special_days or table.closures)


def surcharged_spans(window: Slot, table: Timetable) -> list[Surcharged]:
    """Return the spans that touch the window and are open only for more money.

    Where two windows overlap, what is open for less money costs less.
    """
    if is_always_open(table):
        return []
    cheaper: list[Slot] = []
    found = []
    by_price = sorted(open_windows(window, table), key=itemgetter(1))
    for permille, group in groupby(by_price, key=itemgetter(1)):
        here = merge([slot for slot, _ in group])
        if permille:
            left = [one for slot in here for one in subtract(slot, cheaper)]
            found += [Surcharged(one, permille) for one in left if one.overlaps(window)]
        cheaper = merge([*cheaper, *here])
    return sorted(found, key=lambda one: one.slot.starts_at)
