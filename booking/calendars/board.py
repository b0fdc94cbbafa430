"""All of a lab's instruments over some days, with all that happens to them; five queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from booking.calendars.hours import Closed, merge, open_windows, repeats_of
from booking.calendars.rules import subtract
from booking.calendars.tables import Closure
from booking.instruments.live import Live, read_live
from booking.instruments.tables import Instrument
from booking.policies.books import Book, load_books
from booking.reservations.rules import Slot
from booking.reservations.states import STANDING_STATES, ReservationState
from booking.reservations.tables import Reservation, as_slot
from directory.enterprises.tables import Enterprise
from directory.people.tables import Person
from foundation.identifiers import InstitutionId, InstrumentId, ReservationId

S = ReservationState
# What took no time, or gave it back, is not drawn.
LEFT_OUT = sorted({S.DRAFT, S.PROPOSED, S.CANCELLED, S.REJECTED, S.EXPIRED})


@dataclass(frozen=True, slots=True)
class Row:
    """One instrument, and when it is shut by its hours."""

    instrument: Instrument
    book: Book
    shut: list[Slot]
    live: Live | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A reservation as the lab sees it."""

    reservation_id: ReservationId
    instrument_id: InstrumentId
    state: ReservationState
    slot: Slot
    blocked: Slot
    holder: str
    enterprise: str
    purpose: str
    may_move: bool
    """Whether it stands where its time may still be changed; the policy decides besides."""


@dataclass(frozen=True, slots=True)
class Closing:
    """One time that a closure falls in the window."""

    closure_id: UUID
    instrument_id: InstrumentId | None
    """None: every instrument."""
    slot: Slot
    kind: str
    reason_zh: str
    reason_en: str
    repeat_days: int | None


@dataclass(frozen=True, slots=True)
class Board:
    """A page of a lab's instruments over a window."""

    rows: list[Row]
    entries: list[Entry]
    closings: list[Closing]


def read_board(
    session: Session,
    institution_id: InstitutionId,
    window: Slot,
    *,
    now: datetime,
    category: str | None = None,
    location: str | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int,
) -> tuple[Board, tuple[str, UUID] | None]:
    """Read a page of instruments by code with all that happens to them.

    Returns where the next page begins, too; None after the last.
    """
    found = select(Instrument).where(
        Instrument.institution_id == institution_id, Instrument.condition != "scrapped"
    )
    if category:
        found = found.where(Instrument.category == category)
    if location:
        found = found.where(Instrument.location == location)
    if after:
        found = found.where(func.row(Instrument.code, Instrument.id) > func.row(*after))
    listed = session.scalars(found.order_by(Instrument.code, Instrument.id).limit(limit + 1)).all()
    page = listed[:limit]
    ids = [one.id for one in page]
    books = load_books(session, ids)
    live = read_live(session, ids)
    board = Board(
        rows=[
            Row(one, books[one.id], shut_spans(books[one.id], window), live.get(one.id))
            for one in page
        ],
        entries=_list_entries(session, ids, window, now=now),
        closings=_list_closings(session, institution_id, ids, window, books),
    )
    return board, (page[-1].code, page[-1].id) if len(listed) > limit else None


def shut_spans(book: Book, window: Slot) -> list[Slot]:
    """Return when the opening hours shut an instrument; closures are told apart."""
    if not (book.timetable.hours or book.timetable.special_days):
        return []
    opened = merge([slot for slot, _ in open_windows(window, book.timetable)])
    return subtract(window, opened)


def _list_entries(
    session: Session, ids: Sequence[InstrumentId], window: Slot, *, now: datetime
) -> list[Entry]:
    rows = session.execute(
        select(Reservation, Enterprise.name, Person.display_name)
        .join(Enterprise, Enterprise.id == Reservation.enterprise_id)
        .join(Person, Person.id == Reservation.holder_id)
        .where(
            Reservation.instrument_id.in_(ids),
            Reservation.state.not_in(LEFT_OUT),
            Reservation.blocked.overlaps(Range(window.starts_at, window.ends_at)),
        )
        .order_by(func.lower(Reservation.during))
    )
    return [
        Entry(
            reservation_id=one.id,
            instrument_id=one.instrument_id,
            state=ReservationState(one.state),
            slot=as_slot(one.during),
            blocked=as_slot(one.blocked),
            holder=holder,
            enterprise=enterprise,
            purpose=one.purpose,
            may_move=one.state in STANDING_STATES and as_slot(one.during).ends_at > now,
        )
        for one, enterprise, holder in rows
    ]


def _list_closings(
    session: Session,
    institution_id: InstitutionId,
    ids: Sequence[InstrumentId],
    window: Slot,
    books: dict[InstrumentId, Book],
) -> list[Closing]:
    rows = session.scalars(
        select(Closure).where(
            Closure.institution_id == institution_id,
            or_(Closure.instrument_id.is_(None), Closure.instrument_id.in_(ids)),
            Closure.withdrawn_at.is_(None),
        )
    )
    zone = next((book.zone for book in books.values()), None)
    if zone is None:
        return []
    return [
        Closing(
            closure_id=one.id,
            instrument_id=one.instrument_id,
            slot=slot,
            kind=one.kind,
            reason_zh=one.reason_zh,
            reason_en=one.reason_en,
            repeat_days=one.repeat_days,
        )
        for one in rows
        for slot in repeats_of(
            Closed(as_slot(one.during), one.repeat_days, one.repeat_until), window, zone
        )
        if slot.overlaps(window)
    ]
