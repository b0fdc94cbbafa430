"""How reservations become an iCalendar document (RFC 5545). Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard

from booking.reservations.rules import Slot
from booking.reservations.states import PASSING_STATES, STATES_ZH, ReservationState
from foundation.identifiers import ReservationId

PRODUCT = "-//Yixiang//Reservations 1.0//ZH"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
REFRESH = timedelta(minutes=15)
ONE_DAY, ONE_MINUTE = timedelta(days=1), timedelta(minutes=1)
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
    for zone in sorted({entry.zone for entry in entries}, key=lambda one: one.key):
        calendar.add_component(_zone(zone, [one.slot for one in entries if one.zone == zone]))
    for entry in entries:
        calendar.add_component(_event(entry, page))
    document: bytes = calendar.to_ical()
    return document


def _zone(zone: ZoneInfo, slots: Sequence[Slot]) -> Timezone:
    """Say what the zone's clocks do in the years of its slots, and the one after.

    Each change stands by itself, at what the clock showed before it (§3.6.5): the library's own
    definition has the clocks go forward an hour late, and its lists of dates confuse readers.
    """
    defined = Timezone()
    defined.add("tzid", zone.key)
    at = datetime(min(slot.starts_at for slot in slots).year, 1, 1, tzinfo=UTC) - ONE_DAY
    last = datetime(max(slot.ends_at for slot in slots).year + 2, 1, 1, tzinfo=UTC)
    before = _offset(at, zone)
    defined.add_component(_observance(at, before, zone))
    while at < last:
        if _offset(at + ONE_DAY, zone) != before:
            onset = _find_change(at, zone)
            defined.add_component(_observance(onset, before, zone))
            before = _offset(onset, zone)
        at += ONE_DAY
    return defined


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None, "it has a zone"
    return offset


def _find_change(day: datetime, zone: ZoneInfo) -> datetime:
    """Return the minute within a day from which the clocks show something else."""
    early, late, before = day, day + ONE_DAY, _offset(day, zone)
    while late - early > ONE_MINUTE:
        middle = early + (late - early) // 2 // ONE_MINUTE * ONE_MINUTE
        early, late = (middle, late) if _offset(middle, zone) == before else (early, middle)
    return late


def _observance(
    onset: datetime, before: timedelta, zone: ZoneInfo
) -> TimezoneStandard | TimezoneDaylight:
    local = onset.astimezone(zone)
    part = TimezoneDaylight() if local.dst() else TimezoneStandard()
    part.add("dtstart", (onset + before).replace(tzinfo=None))
    part.add("tzoffsetfrom", before)
    part.add("tzoffsetto", local.utcoffset())
    part.add("tzname", local.tzname())
    return part


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
    ends = [at.astimezone(entry.zone) for at in (entry.slot.starts_at, entry.slot.ends_at)]
    # What the clocks show twice says nothing by itself: then both ends are in UTC.
    is_clear = all(at.replace(fold=0).utcoffset() == at.replace(fold=1).utcoffset() for at in ends)
    for name, at in zip(("dtstart", "dtend"), ends, strict=True):
        event.add(name, at if is_clear else at.astimezone(UTC))
    event.add("status", status_of(entry.state))
    event.add("transp", "TRANSPARENT" if entry.state in GONE else "OPAQUE")
    event.add("summary", clean(entry.summary))
    event.add("location", clean(entry.location))
    event.add("description", clean(f"{STATES_ZH[entry.state]}\n{entry.description}").strip())
    event.add("url", f"{page}/{entry.reservation_id}")
    return event
