"""Where a reservation may lie: open, not closed, and nobody else's. Pure but for the book."""

from collections.abc import Sequence
from datetime import datetime

from booking.calendars.hours import (
    Timetable,
    closed_spans,
    is_always_open,
    merge,
    open_spans,
    open_windows,
)
from booking.calendars.rules import bookable, subtract
from booking.policies.books import Book
from booking.reservations.rules import Slot


def not_open(window: Slot, table: Timetable) -> list[Slot]:
    """Return the times in a window at which the instrument cannot be had at all."""
    if is_always_open(table):
        return []
    return subtract(window, open_spans(window, table))


def free_spans(book: Book, window: Slot, blocked: Sequence[Slot], *, now: datetime) -> list[Slot]:
    """Return the spans in which a slot of one's own may lie.

    Opening hours bind the slot itself, its set-up may lie before them; closures and other
    people's time keep set-up and cool-down away too.
    """
    gone = list(blocked)
    if is_always_open(book.timetable):
        return bookable(subtract(window, gone), book.policy, now=now)
    gone += [slot for slot, _ in closed_spans(window, book.timetable)]
    free = bookable(subtract(window, gone), book.policy, now=now)
    opened = merge([slot for slot, _ in open_windows(window, book.timetable)])
    within = [
        Slot(max(span.starts_at, one.starts_at), min(span.ends_at, one.ends_at))
        for span in free
        for one in opened
        if span.overlaps(one)
    ]
    return bookable(within, book.bare_policy, now=now)
