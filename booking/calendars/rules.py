"""Which spans of an instrument's time are free. Pure arithmetic on half-open spans."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from booking.reservations.rules import BookingPolicy, Slot, since_midnight


def subtract(whole: Slot, taken: Iterable[Slot]) -> list[Slot]:
    """Return what is left of a span when others are taken out, in order of time."""
    left = []
    at = whole.starts_at
    for gone in sorted(taken, key=lambda slot: slot.starts_at):
        if gone.ends_at <= at:
            continue
        if gone.starts_at >= whole.ends_at:
            break
        if gone.starts_at > at:
            left.append(Slot(at, gone.starts_at))
        at = gone.ends_at
    if at < whole.ends_at:
        left.append(Slot(at, whole.ends_at))
    return left


def up_to_grid(at: datetime, policy: BookingPolicy) -> datetime:
    """Return the first instant on the grid, not before this one."""
    beyond = since_midnight(at, policy.zone) % policy.grid
    return at + (policy.grid - beyond) if beyond else at


def down_to_grid(at: datetime, policy: BookingPolicy) -> datetime:
    return at - since_midnight(at, policy.zone) % policy.grid


def bookable(gaps: Sequence[Slot], policy: BookingPolicy, *, now: datetime) -> list[Slot]:
    """Return the spans in which a reservation's own slot may lie.

    Gaps are what no other blocked range covers. What is left of each has room for set-up
    and cool-down, keeps the notice and the horizon, begins and ends on the grid, and is
    long enough for the shortest slot.
    """
    earliest, latest_start = now + policy.notice_min, now + policy.horizon
    spans = []
    for gap in gaps:
        starts_at = up_to_grid(max(gap.starts_at + policy.set_up, earliest), policy)
        ends_at = down_to_grid(
            min(gap.ends_at - policy.cool_down, latest_start + policy.length_max), policy
        )
        if starts_at <= latest_start and ends_at - starts_at >= policy.length_min:
            spans.append(Slot(starts_at, ends_at))
    return spans


def first_start(spans: Sequence[Slot]) -> datetime | None:
    return spans[0].starts_at if spans else None


def offer_instead(wanted: Slot, spans: Sequence[Slot], policy: BookingPolicy) -> list[Slot]:
    """Return up to three free slots of the same length, those nearest the wanted one first."""
    fitting = []
    for span in spans:
        latest = down_to_grid(span.ends_at - wanted.length, policy)
        if latest < span.starts_at:
            continue
        starts_at = min(max(wanted.starts_at, span.starts_at), latest)
        fitting.append(Slot(starts_at, starts_at + wanted.length))
    fitting.sort(key=lambda slot: abs(slot.starts_at - wanted.starts_at))
    return fitting[:3]
