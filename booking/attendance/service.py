"""Verbs on penalties: notice, begin, appeal, decide. Never without its reasons and a way out."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from booking.attendance.errors import AppealOver, PenaltyNotFound
from booking.attendance.rules import is_punished
from booking.attendance.tables import Penalty
from booking.reservations.service import terms_of
from booking.reservations.tables import Reservation
from directory.audit.service import record
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import PersonId, ReservationId, new_id

NOTICE = timedelta(hours=24)
"""Between the notice and the ban, so that it can be appealed first."""


def notice_penalty(session: Session, reservation_id: ReservationId, *, now: datetime) -> bool:
    """Give notice of a ban when a reservation was the last straw; False where it was not."""
    reservation = session.get_one(Reservation, reservation_id)
    terms = terms_of(reservation)
    if reservation.attendance is None or not is_punished(reservation.attendance, terms.punished):
        return False
    since = now - timedelta(seconds=terms.punished_within_s)
    words = session.scalars(
        select(Reservation.attendance).where(
            Reservation.holder_id == reservation.holder_id,
            Reservation.institution_id == reservation.institution_id,
            Reservation.attendance.is_not(None),
            func.upper(Reservation.during) > since,
            ~exists().where(Penalty.reservation_id == Reservation.id),
        )
    ).all()
    count = sum(is_punished(word, terms.punished) for word in words if word)
    if count < terms.punished_after or _is_banned(session, reservation, now=now):
        return False
    starts_at = now + NOTICE
    penalty = Penalty(
        id=new_id(),
        person_id=reservation.holder_id,
        institution_id=reservation.institution_id,
        reservation_id=reservation.id,
        reason_zh=f"{terms.punished_within_s // 86400} 天内违约 {count} 次。",
        reason_en=f"{count} breaches within {terms.punished_within_s // 86400} days.",
        state="noticed",
        noticed_at=now,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(seconds=terms.ban_s),
    )
    session.add(penalty)
    session.flush()
    _note(session, penalty, by=None, now=now)
    return True


def _is_banned(session: Session, reservation: Reservation, *, now: datetime) -> bool:
    return bool(
        session.scalar(
            select(
                exists().where(
                    Penalty.person_id == reservation.holder_id,
                    Penalty.institution_id == reservation.institution_id,
                    Penalty.state != "lifted",
                    Penalty.ends_at > now,
                )
            )
        )
    )


def begin_penalty(session: Session, penalty_id: UUID, *, now: datetime) -> bool:
    """Let a ban begin a day after its notice, unless it was appealed."""
    begun = session.scalar(
        update(Penalty)
        .where(Penalty.id == penalty_id, Penalty.state == "noticed", Penalty.starts_at <= now)
        .values(state="active")
        .returning(Penalty.id)
    )
    return begun is not None


def appeal(session: Session, penalty_id: UUID, *, by: Caller, text: str, now: datetime) -> Penalty:
    """Say why the ban is wrong; it is off until somebody decides.

    Raises:
        AppealOver: when it was appealed before, or is over.
    """
    penalty = session.get(Penalty, penalty_id)
    if penalty is None or penalty.person_id != by.person_id:
        raise PenaltyNotFound
    if penalty.state not in {"noticed", "active"} or penalty.appealed_at is not None:
        raise AppealOver
    penalty.state, penalty.appeal, penalty.appealed_at = "appealed", text, now
    session.flush()
    _note(session, penalty, by=by.person_id, now=now)
    return penalty


def decide_appeal(
    session: Session,
    penalty_id: UUID,
    *,
    is_upheld: bool,
    decision: str,
    by: Caller,
    now: datetime,
) -> Penalty:
    """Lift the ban or let it stand, with reasons."""
    penalty = session.get(Penalty, penalty_id)
    if penalty is None or not (
        penalty.institution_id == by.institution_id and by.has(Role.INSTITUTION_MANAGER)
    ):
        raise PenaltyNotFound
    if penalty.state != "appealed":
        raise AppealOver
    penalty.state = "active" if is_upheld else "lifted"
    penalty.decision, penalty.decided_by, penalty.decided_at = decision, by.person_id, now
    session.flush()
    _note(session, penalty, by=by.person_id, now=now)
    return penalty


def _note(session: Session, penalty: Penalty, *, by: PersonId | None, now: datetime) -> None:
    record(
        session,
        actor_id=by,
        action=f"penalty.{penalty.state}",
        subject_kind="penalty",
        subject_id=penalty.id,
        now=now,
    )
