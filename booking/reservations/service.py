"""Verbs on reservations. The caller owns the transaction; nothing here commits."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from booking.instruments.errors import InstrumentNotFound, NotShared
from booking.instruments.queries import Listed, find_instrument, list_devices
from booking.reservations.errors import (
    InstrumentBusy,
    NotYours,
    ReservationNotFound,
    SlotRefused,
    SlotTaken,
    TooEarlyToCheckIn,
    TooLateToCheckIn,
    WrongState,
)
from booking.reservations.interlocks import lock, unlock
from booking.reservations.moves import add_transition, lock_instruments, move
from booking.reservations.rules import (
    CHECK_IN_OPENS,
    HOLDING_STATES,
    ReservationState,
    Slot,
    Wish,
    find_problems,
)
from booking.reservations.tables import NO_OVERLAP, TIMES, Reservation, as_slot
from directory.people.errors import NotAllowed
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.errors import Problem
from foundation.identifiers import EnterpriseId, InstrumentId, PersonId, ReservationId, new_id
from telemetry.devices.queries import presence_between

PURPOSE_LENGTH_MAX = 500


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for."""

    instrument_id: InstrumentId
    wish: Wish
    purpose: str = ""


def reserve(session: Session, request: Request, *, by: Caller, now: datetime) -> Reservation:
    """Hold the slot for one person, or say why not.

    Raises:
        InstrumentNotFound: when there is none of this id.
        SlotRefused: naming everything the policy has against it.
        SlotTaken: when somebody holds part of it.
    """
    if by.enterprise_id is None:
        raise NotAllowed
    lock_instruments(session, [request.instrument_id])
    listed = find_instrument(session, request.instrument_id)
    if listed is None:
        raise InstrumentNotFound
    if not listed.instrument.is_shared:
        raise NotShared
    problems = find_problems(request.wish, listed.policy, now)
    problems += find_text_problems(request.purpose)
    if problems:
        raise SlotRefused(problems)
    return hold_slot(
        session,
        listed,
        request.wish.slot,
        enterprise_id=by.enterprise_id,
        holder_id=by.person_id,
        actor_id=by.person_id,
        purpose=request.purpose,
        now=now,
    )


def find_text_problems(purpose: str) -> list[Problem]:
    if len(purpose) > PURPOSE_LENGTH_MAX:
        return [
            Problem(
                "too_long_text",
                f"用途说明最多 {PURPOSE_LENGTH_MAX} 字。",
                f"The purpose may have {PURPOSE_LENGTH_MAX} characters at most.",
                "purpose",
            )
        ]
    return []


def hold_slot(
    session: Session,
    listed: Listed,
    slot: Slot,
    *,
    enterprise_id: EnterpriseId,
    holder_id: PersonId,
    actor_id: PersonId,
    purpose: str,
    now: datetime,
) -> Reservation:
    """Write the reservation; the caller has locked the instrument and asked the policy.

    Raises:
        SlotTaken: when the database finds it overlapping; nothing is written then.
    """
    blocked = listed.policy.blocked(slot)
    # The exclusion constraint decides. Doing nothing on a clash, rather than failing,
    # keeps the transaction alive for those who have more to say or to try.
    reservation: Reservation | None = session.scalar(
        insert(Reservation)
        .values(
            id=new_id(),
            instrument_id=listed.instrument.id,
            institution_id=listed.institution.id,
            enterprise_id=enterprise_id,
            holder_id=holder_id,
            during=Range(slot.starts_at, slot.ends_at),
            blocked=Range(blocked.starts_at, blocked.ends_at),
            state=ReservationState.RESERVED,
            purpose=purpose,
            created_at=now,
        )
        .on_conflict_do_nothing(constraint=NO_OVERLAP)
        .returning(Reservation)
    )
    if reservation is None:
        raise SlotTaken
    add_transition(
        session,
        reservation.id,
        from_state=None,
        to_state=ReservationState.RESERVED,
        actor_id=actor_id,
        reason="",
        now=now,
    )
    session.flush()
    return reservation


def cancel(
    session: Session, reservation_id: ReservationId, *, by: Caller, reason: str, now: datetime
) -> Reservation:
    """Give the slot back.

    Raises:
        WrongState: when it is past cancelling.
    """
    reservation = load_for(session, reservation_id, by)
    require_moved(
        session,
        reservation,
        {ReservationState.RESERVED},
        ReservationState.CANCELLED,
        by=by,
        reason=reason,
        now=now,
    )
    return reservation


def check_in(
    session: Session, reservation_id: ReservationId, *, by: Caller, now: datetime
) -> Reservation:
    """Note that the person is there, and want the interlock open until the slot ends.

    Raises:
        InstrumentBusy: while another's slot runs, or its use is not ended.
        TooEarlyToCheckIn: before the quarter of an hour that precedes the slot.
        TooLateToCheckIn: once the slot is over.
    """
    reservation = load_for(session, reservation_id, by)
    slot = slot_of(reservation)
    if reservation.state == ReservationState.RESERVED:
        if now < slot.starts_at - CHECK_IN_OPENS:
            raise TooEarlyToCheckIn
        if now >= slot.ends_at:
            raise TooLateToCheckIn
        lock_instruments(session, [reservation.instrument_id])
        if is_busy(session, reservation, now=now):
            raise InstrumentBusy
    require_moved(
        session,
        reservation,
        {ReservationState.RESERVED},
        ReservationState.CHECKED_IN,
        by=by,
        reason="",
        now=now,
    )
    unlock(session, reservation, by=by.person_id, now=now)
    return reservation


def is_busy(session: Session, reservation: Reservation, *, now: datetime) -> bool:
    """Tell whether somebody else is at the instrument, or has this very time."""
    at_it = TIMES.c.state.in_([ReservationState.CHECKED_IN, ReservationState.IN_USE])
    return bool(
        session.scalar(
            select(
                exists().where(
                    TIMES.c.instrument_id == reservation.instrument_id,
                    TIMES.c.id != reservation.id,
                    TIMES.c.state.in_(sorted(HOLDING_STATES)),
                    at_it | TIMES.c.during.contains(now),
                )
            )
        )
    )


def end(
    session: Session, reservation_id: ReservationId, *, by: Caller, now: datetime
) -> Reservation:
    """Leave early: the rest of the slot is free for others, and the interlock locks."""
    reservation = load_for(session, reservation_id, by)
    require_moved(
        session,
        reservation,
        {ReservationState.CHECKED_IN, ReservationState.IN_USE},
        ReservationState.ENDED,
        by=by,
        reason="",
        now=now,
    )
    lock(session, reservation, by=by.person_id, reason="reservation ended", now=now)
    return reservation


def end_over(session: Session, reservation_id: ReservationId, *, now: datetime) -> bool:
    """End a use whose slot is over, by the clock; False where there is nothing to do."""
    reservation = session.get(Reservation, reservation_id)
    if reservation is None or now < slot_of(reservation).ends_at:
        return False
    if reservation.state not in {ReservationState.CHECKED_IN, ReservationState.IN_USE}:
        return False
    if not move(
        session, reservation, ReservationState.ENDED, actor_id=None, reason="slot over", now=now
    ):
        return False
    lock(session, reservation, by=None, reason="slot over", now=now)
    return True


def mark_in_use(session: Session, reservation_id: ReservationId, *, now: datetime) -> bool:
    """Note the first evidence of a run; False where there is nothing to do."""
    reservation = session.get(Reservation, reservation_id)
    if reservation is None or reservation.state != ReservationState.CHECKED_IN:
        return False
    return move(
        session,
        reservation,
        ReservationState.IN_USE,
        actor_id=None,
        reason="first run seen",
        now=now,
    )


def mark_missed(session: Session, reservation_id: ReservationId, *, now: datetime) -> bool:
    """Note that nobody came; False where there is nothing to do. The slot's rest is free.

    Not where a device of the instrument was away for a moment since the slot began: then a
    use may have gone unseen, and a person has to say.
    """
    reservation = session.get(Reservation, reservation_id)
    if reservation is None or reservation.state != ReservationState.RESERVED:
        return False
    slot = slot_of(reservation)
    for device in list_devices(session, [reservation.instrument_id])[reservation.instrument_id]:
        spans = presence_between(session, device.device_id, slot.starts_at, min(now, slot.ends_at))
        if device.is_meter and not all(span.is_online for span in spans):
            return False
    return move(
        session, reservation, ReservationState.NO_SHOW, actor_id=None, reason="nobody came", now=now
    )


def slot_of(reservation: Reservation) -> Slot:
    return as_slot(reservation.during)


def may_see(by: Caller, reservation: Reservation) -> bool:
    """Whether this person may know of it: their own, their enterprise's, their institution's."""
    if by.person_id == reservation.holder_id:
        return True
    if by.has(Role.ENTERPRISE_ADMIN) and by.enterprise_id == reservation.enterprise_id:
        return True
    if by.institution_id == reservation.institution_id:
        return by.has(Role.TECHNICIAN, Role.INSTITUTION_MANAGER, Role.FINANCE)
    return by.has(Role.OPERATOR, Role.AUDITOR)


def may_act(by: Caller, reservation: Reservation) -> bool:
    """Whether this person may move it on. The platform looks, but does not touch."""
    return may_see(by, reservation) and not (
        by.has(Role.OPERATOR, Role.AUDITOR, Role.FINANCE)
        and not by.has(Role.TECHNICIAN, Role.INSTITUTION_MANAGER)
    )


def load_for(session: Session, reservation_id: ReservationId, by: Caller) -> Reservation:
    """Return the reservation for one who may act on it.

    Raises:
        ReservationNotFound: also for those who may not know of it.
        NotYours: for those who may look but not touch.
    """
    reservation = session.scalar(select(Reservation).where(Reservation.id == reservation_id))
    if reservation is None or not may_see(by, reservation):
        raise ReservationNotFound
    if not may_act(by, reservation):
        raise NotYours
    return reservation


def require_moved(
    session: Session,
    reservation: Reservation,
    from_states: set[ReservationState],
    to_state: ReservationState,
    *,
    by: Caller,
    reason: str,
    now: datetime,
) -> None:
    if reservation.state not in from_states or not move(
        session, reservation, to_state, actor_id=by.person_id, reason=reason, now=now
    ):
        session.refresh(reservation)
        raise WrongState(reservation.state)
