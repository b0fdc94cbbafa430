"""Questions the clock asks: which reservations are due to be moved on."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from booking.instruments.tables import InstrumentDevice
from booking.policies.terms import Terms
from booking.reservations.states import AT_IT_STATES, PASSING_STATES, Mode, ReservationState
from booking.reservations.tables import Reservation, ReservationLease
from foundation.identifiers import ReservationId
from telemetry.devices.tables import DeviceState
from telemetry.runs.tables import Run

BATCH = 200
NO_SHOW_AFTER_S = Terms().no_show_after_s
FRESH = timedelta(seconds=90)
"""A device not heard from for longer is offline, whatever its last word was."""


def list_over(session: Session, *, now: datetime) -> Sequence[ReservationId]:
    """Uses whose slot is over."""
    return session.scalars(
        select(Reservation.id)
        .where(
            Reservation.state.in_(sorted(AT_IT_STATES)),
            func.upper(Reservation.during) <= now,
        )
        .order_by(func.upper(Reservation.during))
        .limit(BATCH)
    ).all()


def list_passed(session: Session, *, now: datetime) -> Sequence[ReservationId]:
    """Holds, and waits for somebody's yes, whose time limit is over."""
    return session.scalars(
        select(Reservation.id)
        .where(Reservation.state.in_(sorted(PASSING_STATES)), Reservation.expires_at <= now)
        .order_by(Reservation.expires_at)
        .limit(BATCH)
    ).all()


def list_newly_in_use(session: Session) -> Sequence[ReservationId]:
    """Checked in, and a run that began under their lease, or within their use, is there."""
    by_lease = exists().where(
        ReservationLease.reservation_id == Reservation.id,
        Run.lease == func.cast(ReservationLease.command_id, Run.lease.type),
        Run.device_id == ReservationLease.device_id,
    )
    return session.scalars(
        select(Reservation.id)
        .where(Reservation.state == ReservationState.CHECKED_IN, by_lease)
        .limit(BATCH)
    ).all()


def list_missed(session: Session, *, now: datetime) -> Sequence[ReservationId]:
    """Nobody came in the time the terms leave, and the instrument's devices were there to see.

    A device that is offline now, or has said nothing since the slot began, may have seen a
    use we do not know of yet: then nobody is called missing. It is looked at again each
    time, so that no restart of ours can miss one.
    """
    starts_at, ends_at = func.lower(Reservation.during), func.upper(Reservation.during)
    told = Reservation.terms["no_show_after_s"].as_integer()
    no_show_after = func.make_interval(0, 0, 0, 0, 0, 0, func.coalesce(told, NO_SHOW_AFTER_S))
    meters = InstrumentDevice.instrument_id == Reservation.instrument_id
    unseen = exists().where(
        meters,
        InstrumentDevice.is_meter,
        ~exists().where(
            DeviceState.device_id == InstrumentDevice.device_id,
            DeviceState.online,
            DeviceState.seen_at > now - FRESH,
        ),
    )
    used = exists().where(
        meters,
        Run.device_id == InstrumentDevice.device_id,
        Run.started_at < ends_at,
        or_(Run.ended_at.is_(None), Run.ended_at > starts_at),
    )
    return session.scalars(
        select(Reservation.id)
        .where(
            and_(
                Reservation.state == ReservationState.RESERVED,
                or_(starts_at + no_show_after <= now, ends_at <= now),
                or_(
                    # The lab had nobody to work it: no device need have seen that.
                    (Reservation.mode == Mode.ASSISTED) & Reservation.technician_id.is_(None),
                    Reservation.samples_at.is_(None) & ~unseen & ~used,
                ),
            )
        )
        .order_by(starts_at)
        .limit(BATCH)
    ).all()
