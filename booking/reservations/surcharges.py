"""What of a slot costs more, frozen with it: hours may change after it was taken."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from booking.calendars.hours import Surcharged, surcharged_spans
from booking.policies.books import Book
from booking.reservations.rules import Slot
from booking.reservations.tables import Reservation

AROUND = timedelta(hours=12)
"""Who comes early or stays over is still charged by the hours as they stood."""


def freeze_surcharges(book: Book, slot: Slot) -> list[dict[str, Any]]:
    """Return the spans in and around a slot that are open for more money, to be stored."""
    return [
        {
            "from": one.slot.starts_at.isoformat(),
            "to": one.slot.ends_at.isoformat(),
            "permille": one.permille,
        }
        for one in surcharged_spans(slot.widened(AROUND, AROUND), book.timetable)
    ]


def read_surcharges(reservation: Reservation) -> list[Surcharged]:
    return list(_read(reservation.surcharges or []))


def _read(stored: Iterable[dict[str, Any]]) -> Iterable[Surcharged]:
    for one in stored:
        slot = Slot(datetime.fromisoformat(one["from"]), datetime.fromisoformat(one["to"]))
        yield Surcharged(slot, one["permille"])
