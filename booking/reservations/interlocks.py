"""Wanting an instrument's interlocks open for a use, and shut after it."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.instruments.queries import LinkedDevice, list_devices
from booking.reservations.tables import Reservation, ReservationLease
from foundation.identifiers import PersonId
from telemetry.controls.service import want


def _locks_of(session: Session, reservation: Reservation) -> list[LinkedDevice]:
    devices = list_devices(session, [reservation.instrument_id])
    return [device for device in devices[reservation.instrument_id] if device.has_interlock]


def unlock(session: Session, reservation: Reservation, *, by: PersonId, now: datetime) -> None:
    """Want every interlock open until the slot ends: a lease, which runs out by itself."""
    for device in _locks_of(session, reservation):
        command_id = want(
            session,
            device_id=device.device_id,
            target="interlock",
            value="unlocked",
            lease_until=reservation.during.upper,
            reason=f"reservation {reservation.id}",
            by=by,
            now=now,
        )
        session.add(
            ReservationLease(
                command_id=command_id,
                reservation_id=reservation.id,
                device_id=device.device_id,
            )
        )
    session.flush()


def lock(
    session: Session, reservation: Reservation, *, by: PersonId | None, reason: str, now: datetime
) -> None:
    for device in _locks_of(session, reservation):
        want(
            session,
            device_id=device.device_id,
            target="interlock",
            value="locked",
            lease_until=None,
            reason=f"{reason}: reservation {reservation.id}",
            by=by,
            now=now,
        )
