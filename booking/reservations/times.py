"""When instruments are taken, by whom as far as one may know, and when they are free."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import column, text
from sqlalchemy.orm import Session

from booking.calendars.free import free_spans, not_open
from booking.calendars.rules import first_start, offer_instead
from booking.policies.books import Book
from booking.reservations.rules import Slot
from booking.reservations.states import HOLDING_STATES
from booking.reservations.tables import quoted
from foundation.identifiers import InstrumentId, PersonId, ReservationId

# An index probe for each instrument, whatever their number. The ends of a range are read as
# instants: as ranges, in Python, they take longer to read than to find. A hold whose limit is
# over holds nothing, tidied up or not.
TIMES_OF = text(
    f"""
SELECT t.instrument_id, t.id, t.holder_id, lower(t.during) AS starts_at, upper(t.during) AS ends_at,
    lower(t.blocked) AS blocked_from, upper(t.blocked) AS blocked_to
FROM unnest(CAST(:ids AS uuid[])) AS wanted (id)
JOIN instrument_times t ON t.instrument_id = wanted.id
WHERE t.state IN ({quoted(HOLDING_STATES)}) AND (t.expires_at IS NULL OR t.expires_at > :now)
AND t.blocked && tstzrange(:starts_at, :ends_at)
ORDER BY starts_at
"""  # noqa: S608 - our own words
).columns(
    *map(column, ("instrument_id", "id", "holder_id", "starts_at", "ends_at")),
    *map(column, ("blocked_from", "blocked_to")),
)
LOOKS_AHEAD = (timedelta(days=2), timedelta(days=14))
"""How far ahead the next free slot is looked for: near first, as most have room soon."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Time that is not free, and whose it is."""

    reservation_id: ReservationId
    holder_id: PersonId | None
    """None: somebody else's."""
    during: Slot
    blocked: Slot


@dataclass(frozen=True, slots=True)
class Calendar:
    """One instrument's time between two instants."""

    taken: list[Taken]
    closed: list[Slot]
    """When the lab is not open, or the instrument closed."""
    free: list[Slot]


def _read_times(
    session: Session, instrument_ids: Collection[InstrumentId], window: Slot, *, now: datetime
) -> dict[InstrumentId, list[Taken]]:
    """Return what is taken of each instrument, in order of time."""
    rows = session.connection().execute(
        TIMES_OF,
        {
            "ids": list(instrument_ids),
            "now": now,
            "starts_at": window.starts_at,
            "ends_at": window.ends_at,
        },
    )
    taken: dict[InstrumentId, list[Taken]] = defaultdict(list)
    for instrument_id, reservation_id, holder_id, *ends in rows:
        taken[instrument_id].append(
            Taken(reservation_id, holder_id, Slot(ends[0], ends[1]), Slot(ends[2], ends[3]))
        )
    return taken


def read_calendar(session: Session, book: Book, window: Slot, *, now: datetime) -> Calendar:
    """Return what is taken and what is free."""
    return read_calendars(session, [book], window, now=now)[book.instrument.id]


def read_calendars(
    session: Session, books: Sequence[Book], window: Slot, *, now: datetime
) -> dict[InstrumentId, Calendar]:
    """Return each instrument's. One query for them all, by the index of the constraint."""
    # A slot that lies outside may still be kept from the window's edge by its buffers.
    wide = {
        book.instrument.id: window.widened(book.policy.set_up, book.policy.cool_down)
        for book in books
    }
    widest = window.widened(
        max((book.policy.set_up for book in books), default=timedelta(0)),
        max((book.policy.cool_down for book in books), default=timedelta(0)),
    )
    taken = _read_times(session, wide, widest, now=now)
    return {
        book.instrument.id: Calendar(
            taken=[one for one in taken[book.instrument.id] if one.blocked.overlaps(window)],
            closed=not_open(window, book.timetable),
            free=free_spans(
                book,
                wide[book.instrument.id],
                [one.blocked for one in taken[book.instrument.id]],
                now=now,
            ),
        )
        for book in books
    }


def find_alternatives(session: Session, book: Book, wanted: Slot, *, now: datetime) -> list[Slot]:
    """Return free slots of the wanted length near the wanted time."""
    window = wanted.widened(timedelta(days=2), timedelta(days=7))
    calendar = read_calendar(session, book, window, now=now)
    return offer_instead(wanted, calendar.free, book.policy)


def next_free(
    session: Session, books: Sequence[Book], *, now: datetime
) -> dict[InstrumentId, datetime | None]:
    """Return when each instrument next has room for its shortest slot; two queries at most."""
    found: dict[InstrumentId, datetime | None] = {}
    for ahead in LOOKS_AHEAD:
        waiting = [book for book in books if found.get(book.instrument.id) is None]
        if waiting:
            found |= _first_free(session, waiting, Slot(now, now + ahead), now=now)
    return found


def _first_free(
    session: Session, books: Sequence[Book], window: Slot, *, now: datetime
) -> dict[InstrumentId, datetime | None]:
    taken = _read_times(session, [book.instrument.id for book in books], window, now=now)
    return {
        book.instrument.id: first_start(
            free_spans(
                book,
                window.widened(book.policy.set_up, book.policy.cool_down),
                [one.blocked for one in taken[book.instrument.id]],
                now=now,
            )
        )
        for book in books
    }
