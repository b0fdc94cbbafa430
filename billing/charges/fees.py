"""Charges that are not for the instrument's time: fees, and the technician's labour."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from billing.charges.rules import ARITHMETIC, HOUR_S, Price, say_money
from billing.charges.slots import price_slot
from billing.charges.tables import Charge
from billing.holds.service import capture, frozen_tariff
from billing.tariffs.queries import hourly, in_force
from billing.tariffs.tables import Tariff
from booking.calendars.hours import surcharged_spans
from booking.policies.books import Book
from booking.reservations.rules import Slot
from booking.reservations.service import slot_of, terms_of
from booking.reservations.states import CancelledAs, ReservationState
from booking.reservations.surcharges import read_surcharges
from booking.reservations.tables import Reservation
from booking.usage.tables import UsageSession
from directory.audit.service import record
from foundation.identifiers import ReservationId, UsageSessionId, new_id
from foundation.money import Money


def charge_fee(session: Session, reservation_id: ReservationId, *, now: datetime) -> bool:
    """Charge what cancelling late, or not coming, costs by the terms it was reserved under.

    False where it costs nothing, or was charged before.
    """
    reservation = session.get_one(Reservation, reservation_id)
    terms = terms_of(reservation)
    if reservation.state == ReservationState.NO_SHOW:
        kind, permille, zh, en = "no_show", terms.no_show_fee_permille, "爽约费", "No-show fee"
    elif reservation.cancelled_as == CancelledAs.LATE:
        kind, permille, zh, en = (
            "late_cancel",
            terms.late_fee_permille,
            "临时取消费",
            "Late cancelling fee",
        )
    else:
        return False
    tariff = price_of(session, reservation)
    if tariff is None or permille == 0:
        return False
    estimate = estimate_of(reservation, tariff)
    fee = estimate.share(permille, 1000)
    steps = [
        {"label_zh": "预计费用", "label_en": "Estimated price", "value": say_money(estimate)},
        {
            "label_zh": f"{zh} {permille / 10:g} %",
            "label_en": f"{en}, {permille / 10:g} %",
            "value": say_money(fee),
            "amount_fen": fee.minor_units,
        },
    ]
    is_charged = add_charge(
        session,
        reservation,
        tariff,
        kind=kind,
        seconds=0,
        amount=fee,
        rule={"permille": permille, "estimate_fen": estimate.minor_units, "steps": steps},
        now=now,
    )
    if is_charged:
        capture(session, reservation.id, fee.minor_units, now=now)
    return is_charged


def price_of(session: Session, reservation: Reservation) -> Tariff | None:
    """Return the price frozen with it; before that, the one in force when it begins."""
    return frozen_tariff(session, reservation.id) or in_force(
        session, [reservation.instrument_id], at=slot_of(reservation).starts_at
    ).get(reservation.instrument_id)


def quote_change(
    session: Session, reservation: Reservation, book: Book, slot: Slot
) -> tuple[Tariff, Price] | None:
    """Price another time for it: at the price frozen with it, or else the one in force then."""
    key = reservation.instrument_id
    tariff = frozen_tariff(session, reservation.id) or in_force(
        session, [key], at=slot.starts_at
    ).get(key)
    if tariff is None:
        return None
    return tariff, price_slot(slot, hourly(tariff), surcharged_spans(slot, book.timetable))


def estimate_of(reservation: Reservation, tariff: Tariff) -> Money:
    slot = slot_of(reservation)
    return price_slot(slot, hourly(tariff), read_surcharges(reservation)).amount


def quote_late_fee(session: Session, reservation: Reservation) -> Money:
    """Return what cancelling late would cost."""
    tariff = price_of(session, reservation)
    if tariff is None:
        return Money(0)
    return estimate_of(reservation, tariff).share(terms_of(reservation).late_fee_permille, 1000)


def price_labour(
    session: Session,
    reservation: Reservation,
    usage: UsageSession,
    tariff: Tariff,
    *,
    now: datetime,
) -> Money:
    """Charge the technician's time, the second meter, as a line of its own; return what it is."""
    per_hour = Money(terms_of(reservation).labour_per_hour_fen, tariff.currency)
    if usage.labour_s == 0 or per_hour.minor_units == 0:
        return Money(0, tariff.currency)
    amount = per_hour.share(usage.labour_s, HOUR_S)
    steps = [
        {"label_zh": "技术服务时长", "label_en": "Labour", "value": f"{usage.labour_s} s"},
        {"label_zh": "单价(每小时)", "label_en": "Price per hour", "value": say_money(per_hour)},
        {
            "label_zh": "技术服务费",
            "label_en": "Technical service",
            "value": say_money(amount),
            "amount_fen": amount.minor_units,
        },
    ]
    add_charge(
        session,
        reservation,
        tariff,
        kind="labour",
        seconds=usage.labour_s,
        amount=amount,
        rule={"labour_per_hour_fen": per_hour.minor_units, "steps": steps},
        usage_session_id=usage.id,
        now=now,
    )
    return amount


def add_charge(
    session: Session,
    reservation: Reservation,
    tariff: Tariff,
    *,
    kind: str,
    seconds: int,
    amount: Money,
    rule: dict[str, object],
    now: datetime,
    usage_session_id: UsageSessionId | None = None,
) -> bool:
    lower, upper = tariff.valid.lower, tariff.valid.upper
    charge_id = session.scalar(
        insert(Charge)
        .values(
            id=new_id(),
            kind=kind,
            usage_session_id=usage_session_id,
            reservation_id=reservation.id,
            enterprise_id=reservation.enterprise_id,
            institution_id=reservation.institution_id,
            tariff_id=tariff.id,
            billed_seconds=seconds,
            amount_fen=amount.minor_units,
            currency=amount.currency,
            rule={
                "arithmetic": ARITHMETIC,
                "version": tariff.version,
                "per_hour_fen": tariff.per_hour_fen,
                "billed_min_s": tariff.billed_min_s,
                "billed_step_s": tariff.billed_step_s,
                "minimum_fen": tariff.minimum_fen,
                "valid_from": lower.isoformat() if lower else None,
                "valid_to": upper.isoformat() if upper else None,
                **rule,
            },
            evidence=[],
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Charge.id)
    )
    if charge_id is None:
        return False
    record(
        session,
        actor_id=None,
        action="charge.made",
        subject_kind="charge",
        subject_id=charge_id,
        now=now,
        amount_fen=amount.minor_units,
        kind=kind,
    )
    return True
