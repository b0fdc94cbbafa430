"""Wanting an instrument's interlocks open for a use, and shut after it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.instruments.queries import LinkedDevice, list_devices
from booking.reservations.tables import Reservation, ReservationLease
from foundation.identifiers import PersonId, ReservationId
from telemetry.controls.service import INTERLOCK, want
from telemetry.controls.tables import WantedState


def _locks_of(session: Session, reservation: Reservation) -> list[LinkedDevice]:
    devices = list_devices(session, [reservation.instrument_id])
    return [device for device in devices[reservation.instrument_id] if device.has_interlock]


def unlock(session: Session, reservation: Reservation, *, by: PersonId, now: datetime) -> None:
    """Want every interlock open until the slot ends: a lease, which runs out by itself."""
    for device in _locks_of(session, reservation):
        command_id = want(
            session,
            device_id=device.device_id,
            value="unlocked",
            lease_until=reservation.during.upper,
            reason=f"reservation {reservation.id}",
            wanted_by=by,
            now=now,
        )
        session.execute(
            insert(ReservationLease)
            .values(
                command_id=command_id,
                reservation_id=reservation.id,
                device_id=device.device_id,
            )
            .on_conflict_do_nothing()  # wanting the same again is the same command
        )


def lock(
    session: Session, reservation: Reservation, *, by: PersonId | None, reason: str, now: datetime
) -> None:
    for device in _locks_of(session, reservation):
        want(
            session,
            device_id=device.device_id,
            value="locked",
            lease_until=None,
            reason=f"{reason}: reservation {reservation.id}",
            wanted_by=by,
            now=now,
        )


def read_interlocks(
    session: Session, reservation_ids: Sequence[ReservationId]
) -> dict[ReservationId, WantedState]:
    """Return the state wanted of each instrument that was unlocked for these reservations."""
    rows = session.execute(
        select(Reservation.id, WantedState)
        .join(ReservationLease, ReservationLease.reservation_id == Reservation.id)
        .join(WantedState, WantedState.device_id == ReservationLease.device_id)
        .where(Reservation.id.in_(reservation_ids), WantedState.target == INTERLOCK)
        .order_by(ReservationLease.device_id)
    )
    found: dict[ReservationId, WantedState] = {}
    for reservation_id, wanted in rows:
        found.setdefault(reservation_id, wanted)
    return found
