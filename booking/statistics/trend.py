"""How the hours of a period lie in time: by day, by week or by month, as its length asks. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from booking.reservations.rules import Slot
from booking.statistics.rules import Use, clipped_h

BY_DAY_UP_TO = timedelta(days=45)
BY_WEEK_UP_TO = timedelta(days=190)


class Step(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Portion:
    """The hours of one day, week or month, as far as it lies in the period."""

    starts_on: date
    effective_h: Fraction
    external_h: Fraction


def step_for(period: Slot) -> Step:
    if period.length <= BY_DAY_UP_TO:
        return Step.DAY
    return Step.WEEK if period.length <= BY_WEEK_UP_TO else Step.MONTH


def spread(uses: Iterable[Use], period: Slot, zone: ZoneInfo) -> tuple[Step, list[Portion]]:
    """Say what was used in each part of the period; parts without use are there too."""
    step = step_for(period)
    parts = _parts(period, step, zone)
    sums = [[Fraction(0), Fraction(0)] for _ in parts]
    starts = [part.starts_at for part in parts]
    for use in uses:
        number = _first(starts, use.slot.starts_at)
        while number < len(parts) and parts[number].starts_at < use.slot.ends_at:
            hours = clipped_h(use, parts[number])
            sums[number][0] += hours
            if use.enterprise_id is not None:
                sums[number][1] += hours
            number += 1
    days = [start.astimezone(zone).date() for start in starts]
    return step, [Portion(day, *hours) for day, hours in zip(days, sums, strict=True)]


def _first(starts: list[datetime], at: datetime) -> int:
    """Return which part an instant lies in; the first where it lies before them all."""
    low, high = 0, len(starts)
    while low < high:
        middle = (low + high) // 2
        if starts[middle] <= at:
            low = middle + 1
        else:
            high = middle
    return max(low - 1, 0)


def _parts(period: Slot, step: Step, zone: ZoneInfo) -> list[Slot]:
    parts = []
    starts_at = period.starts_at
    while starts_at < period.ends_at:
        after = _next(starts_at.astimezone(zone).date(), step)
        ends_at = min(datetime.combine(after, time(), zone), period.ends_at)
        parts.append(Slot(starts_at, ends_at))
        starts_at = ends_at
    return parts


def _next(day: date, step: Step) -> date:
    if step is Step.DAY:
        return day + timedelta(days=1)
    if step is Step.WEEK:
        return day + timedelta(days=7 - day.weekday())
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
