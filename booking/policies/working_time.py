"""Whether a technician may be given a use: their hours, their day and week, their pauses. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from booking.calendars.hours import at_second, merge
from booking.policies.rules import lab_window
from booking.policies.terms import Per, Terms
from booking.reservations.rules import ZERO, Slot, say_span
from foundation.errors import Problem

ONE_DAY = timedelta(days=1)


def find_working_time_problems(
    slot: Slot, assigned: Sequence[Slot], terms: Terms, *, zone: ZoneInfo
) -> list[Problem]:
    """Return every reason not to give a technician the slot beside what they have."""
    problems = []
    if terms.technician_hours and not _is_within_shifts(slot, terms, zone):
        problems.append(
            Problem(
                "outside_technician_hours",
                "时段不在技术员的工作时间内。",
                "Technicians do not work throughout this slot.",
            )
        )
    for per, most_s, code, zh, en in (
        (Per.DAY, terms.technician_day_max_s, "too_long_a_day", "每日", "a day"),
        (Per.WEEK, terms.technician_week_max_s, "too_long_a_week", "每周", "a week"),
    ):
        most = timedelta(seconds=most_s)
        if _longest(slot, assigned, per, zone) > most:
            most_zh, most_en = say_span(most)
            problems.append(
                Problem(
                    code,
                    f"技术员{zh}最多安排 {most_zh}。",
                    f"A technician may be assigned {most_en} {en} at most.",
                )
            )
    rest = timedelta(seconds=terms.technician_rest_s)
    if rest and any(slot.widened(rest, rest).overlaps(one) for one in assigned):
        rest_zh, rest_en = say_span(rest)
        problems.append(
            Problem(
                "no_rest",
                f"与该技术员的另一安排间隔不足 {rest_zh}。",
                f"The technician's other use is less than {rest_en} away.",
            )
        )
    return problems


def _is_within_shifts(slot: Slot, terms: Terms, zone: ZoneInfo) -> bool:
    """Whether one stretch of shifts holds the slot; shifts that touch are one stretch."""
    shifts = []
    day = slot.starts_at.astimezone(zone).date() - ONE_DAY
    while day <= slot.ends_at.astimezone(zone).date():
        shifts += [
            Slot(at_second(day, one.from_s, zone), at_second(day, one.to_s, zone))
            for one in terms.technician_hours
            if day.isoweekday() in one.weekdays
        ]
        day += ONE_DAY
    return any(
        one.starts_at <= slot.starts_at and slot.ends_at <= one.ends_at for one in merge(shifts)
    )


def _longest(slot: Slot, assigned: Sequence[Slot], per: Per, zone: ZoneInfo) -> timedelta:
    """Return the most that is assigned in any day, or week, that the slot touches."""
    longest = ZERO
    at = slot.starts_at
    while at < slot.ends_at:
        window = lab_window(at, per, zone)
        parts = [
            min(one.ends_at, window.ends_at) - max(one.starts_at, window.starts_at)
            for one in (slot, *assigned)
            if one.overlaps(window)
        ]
        longest = max(longest, sum(parts, ZERO))
        at = window.ends_at
    return longest
