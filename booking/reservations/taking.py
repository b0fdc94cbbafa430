"""Writing the time down: the last step of every verb that takes some, under the lock."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.json import encode
from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, make_transient_to_detached

from booking.policies.books import Book
from booking.reservations.asking import Request, presence_of
from booking.reservations.errors import SlotTaken, TechnicianTaken
from booking.reservations.moves import LOCK_SPACE, lock_key
from booking.reservations.rights import needs_endorsement
from booking.reservations.rules import Slot
from booking.reservations.standing import Asker
from booking.reservations.states import HOLDING_STATES, PASSING_STATES, ReservationState
from booking.reservations.surcharges import freeze_surcharges
from booking.reservations.tables import (
    NO_OVERLAP,
    NO_TWO_PLACES,
    TIMES,
    Reservation,
    as_slot,
)
from directory.people.service import Caller
from foundation.database import ask_at_once, violated_constraint
from foundation.identifiers import EnterpriseId, InstrumentId, PersonId, new_id

FUNDS_WITHIN = timedelta(hours=24)
# The lock of the instrument, the row under it, and its history, audit row and news.
TAKE = "SELECT take_time(%(lock_space)s, %(lock_key)s, %(row)s, %(by)s)"


def as_range(slot: Slot) -> Range[datetime]:
    return Range(slot.starts_at, slot.ends_at)


def first_state(book: Book, by: Caller, enterprise_id: EnterpriseId) -> ReservationState:
    """Return where a request goes that nothing speaks against: to its own enterprise first."""
    is_asked = needs_endorsement(by, enterprise_id)
    return ReservationState.PROPOSED if is_asked else state_at_lab(book)


def state_at_lab(book: Book) -> ReservationState:
    """Return where it goes once it is the lab's to answer."""
    if book.terms.needs_approval:
        return ReservationState.SUBMITTED
    return ReservationState.APPROVED if book.terms.asks_funds else ReservationState.RESERVED


def expiry_of(state: ReservationState, slot: Slot, book: Book, *, now: datetime) -> datetime | None:
    """Return when a state ends by itself: never after its slot began."""
    if state is ReservationState.HELD:
        return min(now + timedelta(seconds=book.terms.hold_s), slot.starts_at)
    if state in {ReservationState.PROPOSED, ReservationState.SUBMITTED}:
        return slot.starts_at
    if state in PASSING_STATES:
        return min(now + FUNDS_WITHIN, slot.starts_at)
    return None


def take(
    session: Session,
    book: Book,
    request: Request,
    asker: Asker,
    *,
    state: ReservationState,
    by: PersonId,
    now: datetime,
    series_id: UUID | None = None,
    expires_at: datetime | None = None,
    has_remains: bool = True,
) -> Reservation:
    """Write the reservation, under the instrument's lock; the caller has asked everything.

    `has_remains`: holds may be in the way that are over; who knows of none saves the look.

    Raises:
        SlotTaken: when the database finds it overlapping; nothing is written then.
    """
    slot = request.wish.slot
    blocked = book.policy.blocked(slot)
    columns: dict[str, Any] = {
        "id": new_id(),
        "instrument_id": book.instrument.id,
        "institution_id": book.instrument.institution_id,
        "enterprise_id": asker.enterprise_id,
        "holder_id": asker.person_id,
        "during": as_range(slot),
        "blocked": as_range(blocked),
        "state": state,
        "mode": request.mode,
        "presence": presence_of(request),
        "purpose": request.purpose,
        "answers": dict(request.answers),
        "terms": book.terms.document(),
        "surcharges": freeze_surcharges(book, slot),
        "made_by": by if by != asker.person_id else None,
        "series_id": series_id,
        "expires_at": expires_at or expiry_of(state, slot, book, now=now),
        "revision": 0,
        "created_at": now,
        "changed_at": now,
    }
    if not _write(session, columns, by=by):
        # What stands in the way may be over, with nobody having tidied it up yet.
        is_released = has_remains and release_expired(session, book.instrument.id, blocked, now=now)
        if not is_released or not _write(session, columns, by=by):
            raise SlotTaken
    # As if it had been read back: what was written is all there is to know.
    reservation = Reservation(**columns)
    make_transient_to_detached(reservation)
    session.add(reservation)
    return reservation


def _write(session: Session, columns: dict[str, Any], *, by: PersonId) -> bool:
    """Say whether the exclusion constraint let the row in; on a clash nothing is written.

    Doing nothing on a clash, rather than failing, keeps the transaction alive for those who
    have more to say or to try.
    """
    spans = {name: _as_text(columns[name]) for name in ("during", "blocked")}
    ((is_taken,),) = ask_at_once(
        session,
        TAKE,
        {
            "lock_space": LOCK_SPACE,
            "lock_key": lock_key(columns["instrument_id"]),
            "row": encode(columns | spans).decode(),
            "by": by,
        },
    )
    return bool(is_taken)


def _as_text(span: Range[datetime]) -> str:
    assert span.lower is not None
    assert span.upper is not None
    return f"[{span.lower.isoformat()},{span.upper.isoformat()})"


def release_expired(
    session: Session, instrument_id: InstrumentId, blocked: Slot, *, now: datetime
) -> int:
    """Let go of holds in the way that are over; return how many there were."""
    # Others' holds too, which this caller may not see: the database does it for them.
    released = session.scalars(
        select(func.release_expired_holds(instrument_id, as_range(blocked), now))
    ).all()
    return len(released)


def list_in_the_way(
    session: Session,
    instrument_id: InstrumentId,
    blocked: Slot,
    *,
    now: datetime,
    but: Reservation | None = None,
) -> list[Slot]:
    """Return the blocked spans that clash; holds that are over do not."""
    found = select(TIMES.c.blocked).where(
        TIMES.c.instrument_id == instrument_id,
        TIMES.c.state.in_(sorted(HOLDING_STATES)),
        TIMES.c.blocked.overlaps(as_range(blocked)),
        or_(TIMES.c.expires_at.is_(None), TIMES.c.expires_at > now),
    )
    if but is not None:
        found = found.where(TIMES.c.id != but.id)
    return [as_slot(one) for one in session.scalars(found)]


def retake(
    session: Session,
    book: Book,
    reservation: Reservation,
    slot: Slot,
    *,
    now: datetime,
) -> None:
    """Give a holding reservation another time, under the lock; its state stays.

    Raises:
        SlotTaken: when somebody holds part of it.
        TechnicianTaken: when its technician is elsewhere then.
    """
    release_expired(session, book.instrument.id, book.policy.blocked(slot), now=now)
    with naming_clashes(session):
        reservation.during = as_range(slot)
        reservation.blocked = as_range(book.policy.blocked(slot))
        reservation.surcharges = freeze_surcharges(book, slot)
        reservation.revision += 1
        reservation.changed_at = now
        state = ReservationState(reservation.state)
        if state is ReservationState.HELD and reservation.expires_at is not None:
            # Who moves a hold about has it no longer than who leaves it where it is.
            reservation.expires_at = min(reservation.expires_at, slot.starts_at)
        elif state in PASSING_STATES:
            reservation.expires_at = expiry_of(state, slot, book, now=now)
        session.flush()


class naming_clashes:  # noqa: N801 - reads as the statement it begins
    """Turns a violated exclusion constraint into what it means, with nothing written."""

    def __init__(self, session: Session) -> None:
        self._savepoint = session.begin_nested()

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is None:
            self._savepoint.commit()
            return
        self._savepoint.rollback()
        if isinstance(error, IntegrityError):
            constraint = violated_constraint(error)
            if constraint == NO_OVERLAP:
                raise SlotTaken from error
            if constraint == NO_TWO_PLACES:
                raise TechnicianTaken from error
