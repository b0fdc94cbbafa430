"""Verbs on charges. The caller owns the transaction; nothing here commits."""

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from billing.charges.errors import NoTariff
from billing.charges.fees import price_labour
from billing.charges.off_hours import OffHours, find_off_hours
from billing.charges.queries import list_evidence, used_spans
from billing.charges.rules import ARITHMETIC, Price, price_time
from billing.charges.slots import price_slot
from billing.charges.tables import Charge
from billing.holds.service import capture, frozen_tariff
from billing.tariffs.queries import hourly, in_force
from billing.tariffs.tables import Tariff
from booking.calendars.hours import surcharged_spans
from booking.policies.books import Book
from booking.reservations.moves import move
from booking.reservations.rules import Slot
from booking.reservations.states import ReservationState
from booking.reservations.surcharges import read_surcharges
from booking.reservations.tables import Reservation
from booking.usage.rules import UsageState
from booking.usage.tables import UsageSession
from directory.audit.service import record
from foundation.identifiers import UsageSessionId, new_id


def quote(session: Session, book: Book, slot: Slot) -> tuple[Tariff, Price] | None:
    """Price a slot as if it were used to its last second; None where no tariff holds."""
    tariff = in_force(session, [book.instrument.id], at=slot.starts_at).get(book.instrument.id)
    surcharged = surcharged_spans(slot, book.timetable)
    return (tariff, price_slot(slot, hourly(tariff), surcharged)) if tariff else None


def price(session: Session, usage_session_id: UsageSessionId, *, now: datetime) -> bool:
    """Turn a usage session into its one charge.

    By the tariff frozen when it was reserved, or the one in force when the use began.
    False where there is nothing to do.

    Raises:
        NoTariff: when none held then; a person must see to it.
    """
    usage = session.scalar(
        select(UsageSession)
        .where(
            UsageSession.id == usage_session_id,
            UsageSession.state == UsageState.CONFIRMED,
        )
        .with_for_update(skip_locked=True)
    )
    if usage is None or usage.enterprise_id is None:
        return False
    reservation = session.get(Reservation, usage.reservation_id) if usage.reservation_id else None
    tariff, priced, off_hours = propose(
        session, usage, reservation, timedelta(milliseconds=usage.metered_ms)
    )
    charge_id = session.scalar(
        insert(Charge)
        .values(
            id=new_id(),
            usage_session_id=usage.id,
            reservation_id=usage.reservation_id,
            enterprise_id=usage.enterprise_id,
            institution_id=usage.institution_id,
            tariff_id=tariff.id,
            billed_seconds=priced.billed_seconds,
            amount_fen=priced.amount.minor_units,
            currency=priced.amount.currency,
            rule=_rule(tariff, priced, off_hours),
            evidence=list_evidence(session, usage.id),
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["usage_session_id", "kind"])
        .returning(Charge.id)
    )
    if charge_id is None:
        return False
    usage.state = UsageState.BILLED
    usage.updated_at = now
    record(
        session,
        actor_id=None,
        action="charge.made",
        subject_kind="charge",
        subject_id=charge_id,
        now=now,
        amount_fen=priced.amount.minor_units,
        usage_session_id=str(usage.id),
    )
    if reservation is not None:
        move(session, reservation, ReservationState.BILLED, actor_id=None, reason="", now=now)
        labour = price_labour(session, reservation, usage, tariff, now=now)
        owed = priced.amount.minor_units + labour.minor_units
        capture(session, reservation.id, owed, now=now)
    session.flush()
    return True


def propose(
    session: Session, usage: UsageSession, reservation: Reservation | None, used: timedelta
) -> tuple[Tariff, Price, OffHours | None]:
    """Say what a usage session would be charged if so much time were confirmed.

    Raises:
        NoTariff: when none held when the use began.
    """
    assert usage.during.lower is not None
    tariff = frozen_tariff(session, usage.reservation_id) or in_force(
        session, [usage.instrument_id], at=usage.during.lower
    ).get(usage.instrument_id)
    if tariff is None:
        raise NoTariff
    off_hours = find_off_hours(
        used_spans(session, usage), read_surcharges(reservation) if reservation else []
    )
    return tariff, price_time(used, hourly(tariff), off_hours), off_hours


def _rule(tariff: Tariff, priced: Price, off_hours: OffHours | None) -> dict[str, object]:
    """Keep the tariff as it stood and each step, so that the charge explains itself."""
    lower, upper = tariff.valid.lower, tariff.valid.upper
    return {
        "arithmetic": ARITHMETIC,
        "version": tariff.version,
        "per_hour_fen": tariff.per_hour_fen,
        "billed_min_s": tariff.billed_min_s,
        "billed_step_s": tariff.billed_step_s,
        "minimum_fen": tariff.minimum_fen,
        "valid_from": lower.isoformat() if lower else None,
        "valid_to": upper.isoformat() if upper else None,
        "off_hours": off_hours.document() if off_hours else None,
        "steps": [asdict(step) for step in priced.steps],
    }
