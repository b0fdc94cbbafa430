"""Questions about holds: which are due to be made or let go, and what one reservation has."""

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from billing.charges.queries import awaits_fee
from billing.holds.service import DONE
from billing.holds.tables import FundsHold
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation
from foundation.identifiers import ReservationId

BATCH = 200


def list_unfunded(session: Session) -> Sequence[ReservationId]:
    """Approved reservations that wait for their funds."""
    return session.scalars(
        select(Reservation.id)
        .where(Reservation.state == ReservationState.APPROVED)
        .order_by(Reservation.changed_at)
        .limit(BATCH)
    ).all()


def list_releasable(session: Session) -> Sequence[ReservationId]:
    """Reservations that came to nothing, still hold money, and owe no fee out of it."""
    return session.scalars(
        select(Reservation.id)
        .where(
            Reservation.state.in_(DONE),
            ~awaits_fee(),
            exists().where(FundsHold.reservation_id == Reservation.id, FundsHold.state == "held"),
        )
        .limit(BATCH)
    ).all()


def find_hold(session: Session, reservation_id: ReservationId) -> FundsHold | None:
    return session.scalar(select(FundsHold).where(FundsHold.reservation_id == reservation_id))
