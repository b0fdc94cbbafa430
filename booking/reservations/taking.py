"""Writing the time down: the last step of every verb that takes some, under the lock."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, make_transient_to_detached

from booking.policies.books import Book
from booking.reservations.asking import Request
from booking.reservations.errors import SlotTaken, TechnicianTaken
from booking.reservations.moves import LOCK_SPACE, add_transition, lock_key
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
from foundation.database import Base, violated_constraint
from foundation.identifiers import InstrumentId, PersonId, new_id

FUNDS_WITHIN = timedelta(hours=24)
RESERVATIONS = Base.metadata.tables[Reservation.__tablename__]
LATER = {"technician_id", "cancelled_as", "attendance"}
WRITTEN = [column.name for column in RESERVATIONS.c if column.name not in LATER]
# The lock of the instrument comes with the row that needs it: nothing is inserted before it
# is ours. Sent past the unit of work: the one statement that all reservations wait for.
TAKE = (
    text(
        f"""
WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock({LOCK_SPACE}, :lock_key))
INSERT INTO reservations ({", ".join(WRITTEN)})
SELECT {", ".join(f":{name}" for name in WRITTEN)} FROM locked
ON CONFLICT ON CONSTRAINT {NO_OVERLAP} DO NOTHING RETURNING id
"""  # noqa: S608 - our own words
    )
    .bindparams(*(bindparam(name, type_=RESERVATIONS.c[name].type) for name in WRITTEN))
    .columns(RESERVATIONS.c.id)
)


def as_range(slot: Slot) -> Range[datetime]:
    return Range(slot.starts_at, slot.ends_at)


def first_state(book: Book) -> ReservationState:
    """Return where a request goes that nothing speaks against."""
    if book.terms.needs_approval:
        return ReservationState.SUBMITTED
    return ReservationState.APPROVED if book.terms.needs_funds else ReservationState.RESERVED


def expiry_of(state: ReservationState, slot: Slot, book: Book, *, now: datetime) -> datetime | None:
    """Return when a state ends by itself: never after its slot began."""
    if state is ReservationState.HELD:
        return min(now + timedelta(seconds=book.terms.hold_s), slot.starts_at)
    if state is ReservationState.SUBMITTED:
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
    reservation = _insert(
        session,
        book,
        request,
        asker,
        state=state,
        by=by,
        now=now,
        series_id=series_id,
        expires_at=expires_at,
    )
    if (
        reservation is None
        and has_remains
        and release_expired(session, book.instrument.id, book.policy.blocked(slot), now=now)
    ):
        # What stood in the way was over, and nobody had tidied it up yet.
        reservation = _insert(
            session,
            book,
            request,
            asker,
            state=state,
            by=by,
            now=now,
            series_id=series_id,
            expires_at=expires_at,
        )
    if reservation is None:
        raise SlotTaken
    add_transition(
        session,
        reservation.id,
        from_state=None,
        to_state=state,
        actor_id=by,
        reason="",
        now=now,
    )
    session.flush()
    return reservation


def _insert(
    session: Session,
    book: Book,
    request: Request,
    asker: Asker,
    *,
    state: ReservationState,
    by: PersonId,
    now: datetime,
    series_id: UUID | None,
    expires_at: datetime | None,
) -> Reservation | None:
    slot = request.wish.slot
    # The exclusion constraint decides. Doing nothing on a clash, rather than failing,
    # keeps the transaction alive for those who have more to say or to try.
    reservation = Reservation(
        id=new_id(),
        instrument_id=book.instrument.id,
        institution_id=book.instrument.institution_id,
        enterprise_id=asker.enterprise_id,
        holder_id=asker.person_id,
        during=as_range(slot),
        blocked=as_range(book.policy.blocked(slot)),
        state=state,
        mode=request.mode,
        purpose=request.purpose,
        answers=dict(request.answers),
        terms=book.terms.document(),
        surcharges=freeze_surcharges(book, slot),
        made_by=by if by != asker.person_id else None,
        series_id=series_id,
        expires_at=expires_at or expiry_of(state, slot, book, now=now),
        revision=0,
        created_at=now,
        changed_at=now,
    )
    written = {name: getattr(reservation, name) for name in WRITTEN}
    written["lock_key"] = lock_key(reservation.instrument_id)
    if session.connection().execute(TAKE, written).one_or_none() is None:
        return None
    # As if it had been read back: what was written is all there is to know.
    make_transient_to_detached(reservation)
    session.add(reservation)
    return reservation


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
        if reservation.state in PASSING_STATES:
            reservation.expires_at = expiry_of(
                ReservationState(reservation.state), slot, book, now=now
            )
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
