"""Verbs on waitlists: wait, be offered what becomes free, take it or let it go."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from booking.policies.books import load_book
from booking.reservations.asking import Request, find_all_problems
from booking.reservations.cancelling import cancel
from booking.reservations.drafting import confirm
from booking.reservations.errors import SlotRefused, SlotTaken
from booking.reservations.moves import lock_instruments
from booking.reservations.rules import Slot, Wish, find_time_problems
from booking.reservations.service import asker_for, require_book
from booking.reservations.standing import Asker
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation, as_slot
from booking.reservations.taking import take
from booking.reservations.times import read_calendar
from booking.waitlists.errors import EntryNotFound, EntryOver, WindowTooSmall
from booking.waitlists.queries import is_seen_by
from booking.waitlists.tables import WaitlistEntry
from directory.audit.service import record
from directory.people.service import Caller
from foundation.identifiers import InstrumentId, PersonId, new_id


def join(
    session: Session,
    instrument_id: InstrumentId,
    within: Wish,
    length: timedelta,
    *,
    by: Caller,
    now: datetime,
    holder_id: PersonId | None = None,
) -> WaitlistEntry:
    """Wait for so much time within a window, or let somebody wait whom one may reserve for.

    Raises:
        NotAColleague: for whom one may not reserve.
        SlotRefused: when the window is none.
        WindowTooSmall: when the time asked for does not fit in.
    """
    asker = asker_for(session, by, holder_id)
    problems = find_time_problems(within)
    if problems:
        raise SlotRefused(problems)
    require_book(session, instrument_id)
    if within.slot.length < length or length <= timedelta(0) or within.slot.ends_at <= now:
        raise WindowTooSmall
    entry = WaitlistEntry(
        id=new_id(),
        instrument_id=instrument_id,
        enterprise_id=asker.enterprise_id,
        person_id=asker.person_id,
        within=Range(within.starts_at, within.ends_at),
        length_s=int(length.total_seconds()),
        state="waiting",
        created_at=now,
        changed_at=now,
    )
    session.add(entry)
    session.flush()
    _note(session, entry, by=by.person_id, now=now)
    return entry


def find_entry(session: Session, entry_id: UUID, by: Caller) -> WaitlistEntry:
    entry = session.scalar(
        select(WaitlistEntry).where(WaitlistEntry.id == entry_id, is_seen_by(by)).with_for_update()
    )
    if entry is None:
        raise EntryNotFound
    return entry


def withdraw(session: Session, entry_id: UUID, *, by: Caller, now: datetime) -> WaitlistEntry:
    """Wait no longer; what was offered is free for the next."""
    entry = find_entry(session, entry_id, by)
    if entry.state not in {"waiting", "offered"}:
        raise EntryOver
    if entry.state == "offered" and entry.reservation_id is not None:
        offered = session.get_one(Reservation, entry.reservation_id)
        if offered.state == ReservationState.HELD:
            cancel(session, offered.id, by=by, reason="offer declined", now=now)
    _set(session, entry, "withdrawn", by=by.person_id, now=now)
    return entry


def accept(session: Session, entry_id: UUID, *, by: Caller, now: datetime) -> Reservation:
    """Take what is offered: the hold becomes a reservation by the way of all others.

    Raises:
        EntryOver: when nothing is offered.
        OfferOver: when it was too long ago.
    """
    entry = find_entry(session, entry_id, by)
    if entry.state != "offered" or entry.reservation_id is None:
        raise EntryOver
    reservation = confirm(session, entry.reservation_id, by=by, now=now)
    _set(session, entry, "taken", by=by.person_id, now=now)
    return reservation


def offer_next(session: Session, entry_id: UUID, *, now: datetime) -> bool:
    """Hold free time for one who waits, if there is any that nothing speaks against.

    The hold is theirs alone and ends by itself; then the next in line is offered.
    """
    entry = session.scalar(
        select(WaitlistEntry)
        .where(WaitlistEntry.id == entry_id, WaitlistEntry.state == "waiting")
        .with_for_update(skip_locked=True)
    )
    if entry is None:
        return False
    lock_instruments(session, [entry.instrument_id])
    book = load_book(session, entry.instrument_id)
    if book is None or not book.instrument.is_shared:
        return False
    asker = Asker(entry.person_id, entry.enterprise_id)
    length = timedelta(seconds=entry.length_s)
    for span in read_calendar(session, book, as_slot(entry.within), now=now).free:
        starts_at = max(span.starts_at, as_slot(entry.within).starts_at)
        slot_end = starts_at + length
        if slot_end > min(span.ends_at, as_slot(entry.within).ends_at):
            continue
        request = Request(entry.instrument_id, Wish(starts_at, slot_end))
        if hard_problems(session, request, asker, now=now):
            continue
        expires_at = min(now + timedelta(seconds=book.terms.offer_s), starts_at)
        try:
            reservation = take(
                session,
                book,
                request,
                asker,
                state=ReservationState.HELD,
                by=entry.person_id,
                now=now,
                expires_at=expires_at,
            )
        except SlotTaken:
            continue
        entry.reservation_id = reservation.id
        _set(session, entry, "offered", by=None, now=now)
        return True
    return False


def hard_problems(session: Session, request: Request, asker: Asker, *, now: datetime) -> list[str]:
    """What speaks against an offer; answers are asked for only when it is taken."""
    book = load_book(session, request.instrument_id)
    assert book is not None
    answered_later = {"not_answered", "not_declared", "waiver_needed", "limits_not_accepted"}
    return [
        problem.code
        for problem in find_all_problems(session, book, request, asker, now=now)
        if problem.code not in answered_later
    ]


def lapse(session: Session, entry_id: UUID, *, now: datetime) -> bool:
    """Put one whose offer ran out, or whose window is over, where it belongs.

    An offer not taken goes to the next in line: the one who let it pass waits behind.
    """
    entry = session.scalar(
        select(WaitlistEntry).where(WaitlistEntry.id == entry_id).with_for_update(skip_locked=True)
    )
    if entry is None or entry.state not in {"waiting", "offered"}:
        return False
    if entry.state == "offered" and entry.reservation_id is not None:
        offered = session.get_one(Reservation, entry.reservation_id)
        if offered.state == ReservationState.HELD:
            return False
    is_over = as_slot(entry.within).ends_at <= now
    if entry.state == "waiting" and not is_over:
        return False
    _set(session, entry, "lapsed", by=None, now=now)
    return True


def _set(
    session: Session, entry: WaitlistEntry, state: str, *, by: PersonId | None, now: datetime
) -> None:
    session.execute(
        update(WaitlistEntry)
        .where(WaitlistEntry.id == entry.id)
        .values(state=state, changed_at=now, reservation_id=entry.reservation_id)
    )
    session.refresh(entry)
    _note(session, entry, by=by, now=now)


def _note(session: Session, entry: WaitlistEntry, *, by: PersonId | None, now: datetime) -> None:
    record(
        session,
        actor_id=by,
        action=f"waitlist.{entry.state}",
        subject_kind="waitlist_entry",
        subject_id=entry.id,
        now=now,
    )


def slot_offered(entry: WaitlistEntry, reservation: Reservation | None) -> Slot | None:
    if entry.state != "offered" or reservation is None:
        return None
    return as_slot(reservation.during)
