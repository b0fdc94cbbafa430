"""Verbs on holds: freeze a price, set money aside, capture or release it, once."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from billing.charges.slots import price_slot
from billing.holds.errors import CreditTooSmall
from billing.holds.tables import CreditLine, FundsHold
from billing.tariffs.queries import hourly, in_force
from billing.tariffs.tables import Tariff
from booking.reservations.deciding import note_funded
from booking.reservations.service import is_over, slot_of, terms_of
from booking.reservations.states import HOLDING_STATES, ReservationState
from booking.reservations.surcharges import read_surcharges
from booking.reservations.tables import Reservation
from foundation.identifiers import ReservationId, new_id
from foundation.money import Money

DONE = (
    ReservationState.CANCELLED,
    ReservationState.EXPIRED,
    ReservationState.REJECTED,
    ReservationState.NO_SHOW,
)


def set_aside(session: Session, reservation: Reservation, *, now: datetime) -> bool:
    """Freeze the price of a reservation, and set its estimate aside with its deposit; once.

    Where its terms ask for funds, it becomes reserved by this. Where the price is not known
    yet, the deposit alone is set aside.

    Raises:
        CreditTooSmall: when the enterprise has too little left with the institution.
    """
    is_waiting = reservation.state == ReservationState.APPROVED
    if is_waiting and is_over(reservation, now):
        return False
    if not is_waiting and reservation.state != ReservationState.RESERVED:
        return False
    slot = slot_of(reservation)
    tariff = in_force(session, [reservation.instrument_id], at=slot.starts_at).get(
        reservation.instrument_id
    )
    terms = terms_of(reservation)
    if tariff is None and terms.deposit_fen == 0:
        return False
    amount = (
        price_slot(slot, hourly(tariff), read_surcharges(reservation)).amount
        if tariff
        else Money(0)
    )
    if is_waiting and terms.asks_funds:
        _require_credit(session, reservation, amount.minor_units + terms.deposit_fen)
    held = session.scalar(
        insert(FundsHold)
        .values(
            id=new_id(),
            reservation_id=reservation.id,
            enterprise_id=reservation.enterprise_id,
            institution_id=reservation.institution_id,
            tariff_id=tariff.id if tariff else None,
            amount_fen=amount.minor_units,
            deposit_fen=terms.deposit_fen,
            captured_fen=0,
            currency=amount.currency,
            state="held",
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(FundsHold.id)
    )
    if is_waiting:
        note_funded(session, reservation, now=now)
    return held is not None


def set_aside_anew(session: Session, reservation: Reservation) -> bool:
    """Let what is set aside follow a slot that was moved or extended, at the frozen price.

    Raises:
        CreditTooSmall: when the enterprise has too little left for the longer slot.
    """
    hold = session.scalar(
        select(FundsHold)
        .where(FundsHold.reservation_id == reservation.id, FundsHold.state == "held")
        .with_for_update()
    )
    if hold is None or hold.tariff_id is None or reservation.state not in HOLDING_STATES:
        return False
    tariff = session.get_one(Tariff, hold.tariff_id)
    slot, surcharged = slot_of(reservation), read_surcharges(reservation)
    wanted = price_slot(slot, hourly(tariff), surcharged).amount.minor_units
    if wanted == hold.amount_fen:
        return False
    if wanted > hold.amount_fen and terms_of(reservation).asks_funds:
        _require_credit(session, reservation, wanted - hold.amount_fen)
    hold.amount_fen = wanted
    session.flush()
    return True


def follow(session: Session, reservation: Reservation, *, now: datetime) -> None:
    """Let the money follow what a verb made of a reservation.

    Raises:
        CreditTooSmall: when the enterprise has too little left for what it became.
    """
    set_aside_if_credit_allows(session, reservation, now=now)
    set_aside_anew(session, reservation)
    if reservation.state in {ReservationState.CANCELLED, ReservationState.REJECTED}:
        release(session, reservation.id, now=now)


def set_aside_if_credit_allows(
    session: Session, reservation: Reservation, *, now: datetime
) -> bool:
    """Freeze the price, and fund what asks for funds; without credit it waits as approved."""
    try:
        return set_aside(session, reservation, now=now)
    except CreditTooSmall:
        return False


def _require_credit(session: Session, reservation: Reservation, amount_fen: int) -> None:
    """The credit line's row is locked, so that two reservations cannot both take the last of it."""
    limit = session.scalar(
        select(CreditLine.limit_fen)
        .where(
            CreditLine.institution_id == reservation.institution_id,
            CreditLine.enterprise_id == reservation.enterprise_id,
        )
        .with_for_update()
    )
    in_use = session.scalar(
        select(func.coalesce(func.sum(FundsHold.amount_fen + FundsHold.deposit_fen), 0)).where(
            FundsHold.institution_id == reservation.institution_id,
            FundsHold.enterprise_id == reservation.enterprise_id,
            FundsHold.state == "held",
        )
    )
    if (in_use or 0) + amount_fen > (limit or 0):
        raise CreditTooSmall


def frozen_tariff(session: Session, reservation_id: ReservationId | None) -> Tariff | None:
    """Return the tariff whose price was frozen with the reservation."""
    return session.scalar(
        select(Tariff)
        .join(FundsHold, FundsHold.tariff_id == Tariff.id)
        .where(FundsHold.reservation_id == reservation_id)
    )


def capture(
    session: Session, reservation_id: ReservationId, amount_fen: int, *, now: datetime
) -> bool:
    """Take what was charged, at most what was held; the rest, and its deposit, is free again."""
    taken = session.scalar(
        update(FundsHold)
        .where(FundsHold.reservation_id == reservation_id, FundsHold.state == "held")
        .values(
            state="captured",
            captured_fen=func.least(FundsHold.amount_fen + FundsHold.deposit_fen, amount_fen),
            resolved_at=now,
        )
        .returning(FundsHold.id)
    )
    return taken is not None


def release(session: Session, reservation_id: ReservationId, *, now: datetime) -> bool:
    """Let go of money held for a use that will not be."""
    freed = session.scalar(
        update(FundsHold)
        .where(FundsHold.reservation_id == reservation_id, FundsHold.state == "held")
        .values(state="released", resolved_at=now)
        .returning(FundsHold.id)
    )
    return freed is not None
