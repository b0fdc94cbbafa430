"""Questions about charges: what is due to be priced, who owes what, on which evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from billing.charges.tables import Charge
from billing.holds.tables import FundsHold
from billing.tariffs.tables import Tariff
from booking.policies.terms import Terms
from booking.reservations.rules import Slot
from booking.reservations.states import CancelledAs, ReservationState
from booking.reservations.tables import Reservation, as_slot
from booking.usage.rules import UsageState
from booking.usage.tables import UsageRun, UsageSession
from directory.people.service import Caller
from directory.roles.rules import Role
from directory.stations.rules import Scope
from foundation.identifiers import ChargeId, ReservationId, UsageSessionId
from telemetry.devices.tables import Device
from telemetry.events.tables import DeviceEvent
from telemetry.runs.tables import Run

BATCH = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """A charge with the tariff it came from."""

    charge: Charge
    tariff: Tariff


def has_price() -> ColumnElement[bool]:
    """A price was frozen with the reservation, or one holds when it begins."""
    return or_(
        exists().where(
            FundsHold.reservation_id == Reservation.id, FundsHold.tariff_id.is_not(None)
        ),
        exists().where(
            Tariff.instrument_id == Reservation.instrument_id,
            Tariff.valid.contains(func.lower(Reservation.during)),
        ),
    )


def awaits_fee() -> ColumnElement[bool]:
    """Cancelled late or missed, under terms that ask a fee for it, and not charged yet."""
    late = (Reservation.state == ReservationState.CANCELLED) & (
        Reservation.cancelled_as == CancelledAs.LATE
    )
    missed = Reservation.state == ReservationState.NO_SHOW
    plain = Terms()
    permilles = (
        (late, "late_fee_permille", plain.late_fee_permille),
        (missed, "no_show_fee_permille", plain.no_show_fee_permille),
    )
    return and_(
        or_(
            *(
                state & (func.coalesce(Reservation.terms[term].as_integer(), default) > 0)
                for state, term, default in permilles
            )
        ),
        ~exists().where(Charge.reservation_id == Reservation.id, Charge.usage_session_id.is_(None)),
        has_price(),
    )


def list_unpriced(session: Session) -> Sequence[UsageSessionId]:
    """Confirmed sessions of an enterprise that have no charge yet, those with a price first.

    What nobody set a price for waits for a person, and must not keep the others waiting.
    """
    return session.scalars(
        select(UsageSession.id)
        .outerjoin(Reservation, Reservation.id == UsageSession.reservation_id)
        .where(
            UsageSession.state == UsageState.CONFIRMED,
            UsageSession.enterprise_id.is_not(None),
            ~exists().where(Charge.usage_session_id == UsageSession.id),
        )
        .order_by(has_price().desc(), UsageSession.created_at)
        .limit(BATCH)
    ).all()


def list_fees_due(session: Session) -> Sequence[ReservationId]:
    """Cancelled late or missed, and owing a fee for it."""
    return session.scalars(
        select(Reservation.id).where(awaits_fee()).order_by(Reservation.changed_at).limit(BATCH)
    ).all()


def list_evidence(session: Session, usage_session_id: UsageSessionId) -> list[dict[str, Any]]:
    """Return the device events that the time of a session was counted from."""
    rows = session.execute(
        select(Device.name, DeviceEvent)
        .select_from(UsageRun)
        .join(Run, Run.id == UsageRun.run_id)
        .join(
            DeviceEvent,
            (DeviceEvent.device_id == Run.device_id) & (DeviceEvent.session == Run.session),
        )
        .join(Device, Device.id == Run.device_id)
        .where(UsageRun.usage_session_id == usage_session_id)
        .order_by(DeviceEvent.at, DeviceEvent.seq)
    )
    return [
        {
            "device": name,
            "boot": event.boot,
            "kind": event.kind,
            "seq": event.seq,
            "at": event.at.isoformat(),
            "run_ms": event.run_ms,
        }
        for name, event in rows
    ]


def used_spans(session: Session, usage: UsageSession) -> list[Slot]:
    """Return when an instrument ran for a session; without runs, while somebody was there."""
    rows = session.execute(
        select(Run.started_at, func.coalesce(Run.ended_at, Run.last_at))
        .join(UsageRun, UsageRun.run_id == Run.id)
        .where(UsageRun.usage_session_id == usage.id)
        .order_by(Run.started_at)
    )
    spans = [Slot(starts_at, ends_at) for starts_at, ends_at in rows if starts_at < ends_at]
    return spans or [as_slot(usage.during)]


def _visible_to(caller: Caller) -> ColumnElement[bool]:
    if caller.has(Role.OPERATOR, Role.AUDITOR, Role.PLATFORM_FINANCE):
        return Charge.id.is_not(None)
    if caller.has(Role.TECHNICIAN, Role.INSTITUTION_MANAGER, Role.FINANCE):
        return Charge.institution_id == caller.institution_id
    if caller.has(Role.ENTERPRISE_ADMIN):
        return Charge.enterprise_id == caller.enterprise_id
    if clients := caller.entrusted_with(Scope.RESERVATIONS):
        return Charge.enterprise_id.in_(clients)
    return exists().where(
        Reservation.id == Charge.reservation_id, Reservation.holder_id == caller.person_id
    )


def find_charge(session: Session, charge_id: ChargeId, caller: Caller) -> Opened | None:
    row = session.execute(
        select(Charge, Tariff)
        .join(Tariff, Tariff.id == Charge.tariff_id)
        .where(Charge.id == charge_id, _visible_to(caller))
    ).one_or_none()
    return Opened(*row) if row else None


def list_charges_of(
    session: Session, reservation_id: ReservationId, caller: Caller
) -> Sequence[Charge]:
    """Return every charge of one reservation that the caller may see, the first one first."""
    return session.scalars(
        select(Charge)
        .where(Charge.reservation_id == reservation_id, _visible_to(caller))
        .order_by(Charge.id)
    ).all()


def list_charges(
    session: Session,
    caller: Caller,
    *,
    mine: bool = False,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Opened]:
    """Return what the caller may see, the newest first; ids begin with their time."""
    found = (
        select(Charge, Tariff)
        .join(Tariff, Tariff.id == Charge.tariff_id)
        .where(_visible_to(caller))
        .order_by(Charge.id.desc())
        .limit(limit)
    )
    if mine:
        found = found.where(
            exists().where(
                Reservation.id == Charge.reservation_id, Reservation.holder_id == caller.person_id
            )
        )
    if before:
        found = found.where(Charge.id < before)
    return [Opened(*row) for row in session.execute(found)]


def charges_of(
    session: Session, reservation_ids: Sequence[ReservationId]
) -> dict[ReservationId, Opened]:
    rows = session.execute(
        select(Charge, Tariff)
        .join(Tariff, Tariff.id == Charge.tariff_id)
        .where(Charge.reservation_id.in_(reservation_ids))
        .order_by(Charge.kind)  # the use itself is the last, and is the one shown
    )
    return {
        charge.reservation_id: Opened(charge, tariff)
        for charge, tariff in rows
        if charge.reservation_id is not None
    }
