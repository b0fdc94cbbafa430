"""How reservations become an iCalendar document (RFC 5545). Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from booking.reservations.rules import Slot
from booking.reservations.states import PASSING_STATES, STATES_ZH, ReservationState
from foundation.identifiers import ReservationId

PRODUCT = "-//Yixiang//Reservations 1.0//ZH"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
REFRESH = timedelta(minutes=15)
GONE = frozenset(
    {
        ReservationState.CANCELLED,
        ReservationState.REJECTED,
        ReservationState.EXPIRED,
        ReservationState.NO_SHOW,
    }
)
"""States in which the time is nobody's any more: the entry is cancelled, not left out."""


class FeedKind(StrEnum):
    PERSON = "person"
    INSTRUMENT = "instrument"
    INSTITUTION = "institution"


@dataclass(frozen=True, slots=True)
class Entry:
    """A reservation as a calendar shows it."""

    reservation_id: ReservationId
    slot: Slot
    state: ReservationState
    revision: int
    summary: str
    location: str
    description: str
    zone: ZoneInfo
    created_at: datetime
    changed_at: datetime


def status_of(state: ReservationState) -> str:
    """Return RFC 5545's word for how certain the entry is."""
    if state in GONE:
        return "CANCELLED"
    return "TENTATIVE" if state in PASSING_STATES else "CONFIRMED"


def render(name: str, entries: Sequence[Entry], *, page: str) -> bytes:
    """Write the document: folded at 75 octets, lines ended by CRLF, time zones defined.

    `page`: where a reservation is shown, without its id.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", clean(name))
    calendar.add("x-wr-calname", clean(name))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    for entry in entries:
        calendar.add_component(_event(entry, page))
    calendar.add_missing_timezones()
    document: bytes = calendar.to_ical()
    return document


def clean(text: str) -> str:
    """Leave out the control characters, which no text of RFC 5545 may hold (§3.3.11)."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _event(entry: Entry, page: str) -> Event:
    event = Event()
    # For life: by it a calendar program knows the moved entry for the one it has.
    event.add("uid", f"{entry.reservation_id}@yixiang")
    event.add("sequence", entry.revision)
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("created", entry.created_at.astimezone(UTC))
    event.add("last-modified", entry.changed_at.astimezone(UTC))
    event.add("dtstart", entry.slot.starts_at.astimezone(entry.zone))
    event.add("dtend", entry.slot.ends_at.astimezone(entry.zone))
    event.add("status", status_of(entry.state))
    event.add("transp", "TRANSPARENT" if entry.state in GONE else "OPAQUE")
    event.add("summary", clean(entry.summary))
    event.add("location", clean(entry.location))
    event.add("description", clean(f"{STATES_ZH[entry.state]}\n{entry.description}").strip())
    event.add("url", f"{page}/{entry.reservation_id}")
    return event
