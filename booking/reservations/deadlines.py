"""The manager's working day: what is submitted is answered within it, or it is escalated."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import String, cast, exists, or_, select
from sqlalchemy.orm import Session

from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation
from directory.roles.rules import Role
from directory.workdays.rules import working_days
from directory.workdays.service import meet, set_due
from directory.workdays.tables import DueDateRow
from foundation.identifiers import ReservationId

BATCH = 200
SUBJECT, KIND = "reservation", "approval"
ANSWER_WITHIN = working_days(1)


def list_untimed(session: Session) -> Sequence[ReservationId]:
    """Submitted reservations whose clock does not run, and clocks of those answered since."""
    clock = (
        (DueDateRow.subject_kind == SUBJECT)
        & (DueDateRow.kind == KIND)
        & (DueDateRow.subject_id == cast(Reservation.id, String))
        & DueDateRow.done_at.is_(None)
        & DueDateRow.stopped_at.is_(None)
    )
    runs = exists().where(clock)
    is_waiting = Reservation.state == ReservationState.SUBMITTED
    return session.scalars(
        select(Reservation.id)
        .where(
            or_(
                is_waiting & ~runs,
                Reservation.id.in_(
                    select(Reservation.id).join(DueDateRow, clock).where(~is_waiting)
                ),
            )
        )
        .limit(BATCH)
    ).all()


def time_approval(session: Session, reservation_id: ReservationId, *, now: datetime) -> bool:
    """Start the clock of what waits for the manager, or stop it for what was answered."""
    reservation = session.scalar(
        select(Reservation)
        .where(Reservation.id == reservation_id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if reservation is None:
        return False
    if reservation.state != ReservationState.SUBMITTED:
        meet(session, subject_kind=SUBJECT, subject_id=reservation_id, kind=KIND, now=now)
        return True
    set_due(
        session,
        subject_kind=SUBJECT,
        subject_id=reservation_id,
        kind=KIND,
        period=ANSWER_WITHIN,
        responsible_role=Role.INSTITUTION_MANAGER,
        started_at=reservation.changed_at,
        enterprise_id=reservation.enterprise_id,
        institution_id=reservation.institution_id,
    )
    return True
