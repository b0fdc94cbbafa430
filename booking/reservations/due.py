"""Questions the clock asks: which reservations are due to be moved on."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from booking.instruments.tables import InstrumentDevice
from booking.policies.terms import Terms
from booking.reservations.states import (
    AT_IT_STATES,
    CHECK_IN_OPENS,
    PASSING_STATES,
    Mode,
    ReservationState,
)
from booking.reservations.tables import Reservation, ReservationLease, as_slot
from foundation.identifiers import ReservationId
from telemetry.devices.tables import DeviceState
from telemetry.runs.tables import Run

BATCH = 200
NOTHING = timedelta(0)
OUT_OF_ORDER = "out_of_service"
"""How a device says so, in the words of OPC 40001-1."""
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


def _meters() -> ColumnElement[bool]:
    return and_(
        InstrumentDevice.instrument_id == Reservation.instrument_id, InstrumentDevice.is_meter
    )


def _term_s(name: str) -> ColumnElement[timedelta]:
    """Read a span of the terms it was reserved under, as an interval."""
    told = Reservation.terms[name].as_integer()
    plain = getattr(Terms(), name)
    return func.make_interval(0, 0, 0, 0, 0, 0, func.coalesce(told, plain))


def _is_unseen(now: datetime) -> ColumnElement[bool]:
    """A meter of its instrument is away: it may do what we do not know of yet."""
    return exists().where(
        _meters(),
        ~exists().where(
            DeviceState.device_id == InstrumentDevice.device_id,
            DeviceState.online,
            DeviceState.seen_at > now - FRESH,
        ),
    )


def list_faulty(session: Session, *, now: datetime) -> Sequence[ReservationId]:
    """Uses whose device has been out of order for as long as their terms bear."""
    bears = _term_s("fault_after_s")
    return session.scalars(
        select(Reservation.id)
        .where(
            Reservation.state.in_(sorted(AT_IT_STATES)),
            bears > NOTHING,
            exists().where(
                _meters(),
                DeviceState.device_id == InstrumentDevice.device_id,
                DeviceState.online,
                DeviceState.op == OUT_OF_ORDER,
                DeviceState.at <= now - bears,
            ),
        )
        .limit(BATCH)
    ).all()


def list_idle(session: Session, *, now: datetime) -> Sequence[ReservationId]:
    """Uses whose instrument ran, rests by now, and has rested for as long as their terms bear."""
    bears = _term_s("idle_end_s")
    ran = and_(
        _meters(),
        Run.device_id == InstrumentDevice.device_id,
        Run.started_at < func.upper(Reservation.during),
        Run.last_at > func.lower(Reservation.during) - CHECK_IN_OPENS,
    )
    return session.scalars(
        select(Reservation.id)
        .where(
            Reservation.state == ReservationState.IN_USE,
            bears > NOTHING,
            ~_is_unseen(now),
            exists().where(ran),
            ~exists().where(ran, or_(Run.ended_at.is_(None), Run.ended_at > now - bears)),
        )
        .limit(BATCH)
    ).all()


def last_run_ended_at(session: Session, reservation: Reservation) -> datetime | None:
    """Return when its instrument came to rest for the last time within its slot."""
    slot = as_slot(reservation.during)
    return session.scalar(
        select(func.max(Run.ended_at))
        .join(InstrumentDevice, InstrumentDevice.device_id == Run.device_id)
        .where(
            InstrumentDevice.instrument_id == reservation.instrument_id,
            InstrumentDevice.is_meter,
            Run.started_at < slot.ends_at,
            Run.last_at > slot.starts_at - CHECK_IN_OPENS,
        )
    )


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
    no_show_after = _term_s("no_show_after_s")
    unseen = _is_unseen(now)
    used = exists().where(
        _meters(),
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
