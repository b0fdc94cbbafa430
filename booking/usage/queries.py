"""Questions about use: which runs there are, whether telemetry watched, what was metered."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, exists, func, select, union
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from booking.instruments.tables import InstrumentDevice
from booking.policies.terms import Terms
from booking.reservations.rules import Slot
from booking.reservations.states import CHECK_IN_OPENS, ReservationState
from booking.reservations.tables import (
    Reservation,
    ReservationLease,
    ReservationTransition,
    as_slot,
)
from booking.usage.rules import GAP, SETTLES_WITHIN, RunFact, UsageState, Use
from booking.usage.tables import UsageChange, UsageRun, UsageSession
from foundation.identifiers import (
    DeviceId,
    InstrumentId,
    ReservationId,
    RunId,
    UsageSessionId,
)
from telemetry.devices.tables import Channel, SequenceGap
from telemetry.readings.tables import LatestReading, Reading
from telemetry.runs.tables import Run

BATCH = 200
UNRESERVED_AFTER = timedelta(minutes=10)
LOOK_BACK = timedelta(days=7)
SILENCE_MAX = timedelta(minutes=2)
"""A longer silence of a device is a gap: it may have worked without our hearing of it."""
OVER = [ReservationState.ENDED, ReservationState.INTERRUPTED]
USED = sorted(
    {
        *OVER,
        ReservationState.CHECKED_IN,
        ReservationState.IN_USE,
        ReservationState.METERED,
        ReservationState.DISPUTED,
        ReservationState.CONFIRMED,
        ReservationState.BILLED,
    }
)


def list_ended(session: Session) -> Sequence[ReservationId]:
    """Uses that ended and were not metered yet, the longest waiting first."""
    return session.scalars(
        select(Reservation.id)
        .where(Reservation.state.in_(OVER))
        .order_by(func.upper(Reservation.during))
        .limit(BATCH)
    ).all()


def find_meter(session: Session, instrument_id: InstrumentId) -> DeviceId | None:
    """Return the device whose counter is billed: the instrument's one meter."""
    return session.scalar(
        select(InstrumentDevice.device_id)
        .where(InstrumentDevice.instrument_id == instrument_id, InstrumentDevice.is_meter)
        .order_by(InstrumentDevice.device_id)
        .limit(1)
    )


def state_entered_at(
    session: Session, reservation_id: ReservationId, state: ReservationState
) -> datetime | None:
    return session.scalar(
        select(func.min(ReservationTransition.at)).where(
            ReservationTransition.reservation_id == reservation_id,
            ReservationTransition.to_state == state,
        )
    )


def as_fact(run: Run) -> RunFact:
    return RunFact(
        run_id=run.id,
        device_id=run.device_id,
        lease=run.lease,
        started_at=run.started_at,
        last_at=run.last_at,
        ended_at=run.ended_at,
        state=run.state,
        metered_ms=run.metered_ms,
        warm_up_ms=run.warm_up_ms,
        work_ms=run.work_ms,
        cool_down_ms=run.cool_down_ms,
        coverage_permille=run.coverage_permille,
        doubts=tuple(str(doubt) for doubt in run.doubts),
    )


def list_runs(
    session: Session, device_id: DeviceId, window: Slot, *, of: UsageSessionId | None = None
) -> list[RunFact]:
    """Return the device's runs that touch the window and stand behind no session, or this one."""
    behind_another = exists().where(
        UsageRun.run_id == Run.id, UsageRun.usage_session_id.is_distinct_from(of)
    )
    found: Select[Run] = (
        select(Run)
        .where(
            Run.device_id == device_id,
            Run.started_at < window.ends_at,
            Run.last_at >= window.starts_at,
            ~behind_another,
        )
        .order_by(Run.started_at)
    )
    return [as_fact(run) for run in session.scalars(found)]


def list_uses(session: Session, instrument_id: InstrumentId, window: Slot) -> list[Use]:
    """Return the instrument's used reservations around the window, with their leases."""
    rows = session.execute(
        select(
            Reservation.id,
            Reservation.during,
            func.array_agg(ReservationLease.command_id).filter(
                ReservationLease.command_id.is_not(None)
            ),
        )
        .outerjoin(ReservationLease, ReservationLease.reservation_id == Reservation.id)
        .where(
            Reservation.instrument_id == instrument_id,
            Reservation.state.in_(USED),
            Reservation.during.overlaps(Range(window.starts_at, window.ends_at)),
        )
        .group_by(Reservation.id)
    )
    return [
        Use(
            reservation_id=reservation_id,
            slot=as_slot(during),
            leases=frozenset(str(lease) for lease in leases or []),
        )
        for reservation_id, during, leases in rows
    ]


def heard_at(session: Session, device_id: DeviceId) -> datetime | None:
    """Return the time, by the device's clock, of the latest reading we hold."""
    return session.scalar(
        select(func.max(LatestReading.at))
        .join(Channel, Channel.id == LatestReading.channel_id)
        .where(Channel.device_id == device_id)
    )


def was_watched(session: Session, device_id: DeviceId, span: Slot) -> bool:
    """Tell whether readings cover the span without a silence, and none are known missing."""
    missing = session.scalar(
        select(
            exists().where(
                SequenceGap.device_id == device_id,
                SequenceGap.filled_at.is_(None),
                SequenceGap.noticed_at >= span.starts_at,
                SequenceGap.noticed_at < span.ends_at + SILENCE_MAX,
            )
        )
    )
    if missing:
        return False
    channel_id = session.scalar(
        select(Channel.id)
        .where(Channel.device_id == device_id)
        .order_by(Channel.name != "power_w", Channel.id)
        .limit(1)
    )
    if channel_id is None:
        return False
    previous = func.lag(Reading.at, 1, span.starts_at).over(order_by=Reading.at)
    gaps = (
        select(Reading.at, (Reading.at - previous).label("gap"))
        .where(
            and_(
                Reading.channel_id == channel_id,
                Reading.at >= span.starts_at,
                Reading.at < span.ends_at,
            )
        )
        .subquery()
    )
    longest, last = session.execute(select(func.max(gaps.c.gap), func.max(gaps.c.at))).one()
    if last is None:
        return span.length <= SILENCE_MAX
    return bool(longest <= SILENCE_MAX and span.ends_at - last <= SILENCE_MAX)


def list_sessions(
    session: Session, reservation_ids: Sequence[ReservationId]
) -> dict[ReservationId, UsageSession]:
    rows = session.scalars(
        select(UsageSession).where(UsageSession.reservation_id.in_(reservation_ids))
    )
    return {one.reservation_id: one for one in rows if one.reservation_id is not None}


def list_run_ids(session: Session, usage_session_id: UsageSessionId) -> Sequence[object]:
    return session.scalars(
        select(UsageRun.run_id).where(UsageRun.usage_session_id == usage_session_id)
    ).all()


def list_confirmable(session: Session, *, now: datetime) -> Sequence[UsageSessionId]:
    """Metered sessions whose time to object may be over; the verb looks at their terms."""
    told = Reservation.terms["confirm_after_s"].as_integer()
    wait = func.make_interval(0, 0, 0, 0, 0, 0, func.coalesce(told, Terms().confirm_after_s))
    return session.scalars(
        select(UsageSession.id)
        .join(Reservation, Reservation.id == UsageSession.reservation_id)
        .where(
            UsageSession.state == UsageState.METERED,
            Reservation.state == ReservationState.METERED,
            UsageSession.metered_at + wait <= now,
        )
        .order_by(UsageSession.metered_at)
        .limit(BATCH)
    ).all()


def list_unreserved(session: Session, *, now: datetime) -> Sequence[RunId]:
    """Runs that ended a while ago, stand behind no session, and whose time nobody had."""
    has_user = exists().where(
        Reservation.instrument_id == InstrumentDevice.instrument_id,
        Reservation.state.in_(USED),
        Reservation.during.overlaps(func.tstzrange(Run.started_at, Run.last_at, "[]")),
    )
    has_lease = exists().where(func.cast(ReservationLease.command_id, Run.lease.type) == Run.lease)
    return session.scalars(
        select(Run.id)
        .join(InstrumentDevice, InstrumentDevice.device_id == Run.device_id)
        .where(
            Run.state != "open",
            Run.last_at < now - UNRESERVED_AFTER,
            Run.last_at > now - LOOK_BACK,
            Run.metered_ms > 0,
            InstrumentDevice.is_meter,
            ~exists().where(UsageRun.run_id == Run.id),
            ~has_user,
            ~has_lease,
        )
        .order_by(Run.started_at)
        .limit(BATCH)
    ).all()


def list_outdated(session: Session, *, now: datetime) -> Sequence[UsageSessionId]:
    """Sessions with evidence that came, or changed, after they were metered."""
    is_new = (Run.updated_at > now - LOOK_BACK) & (Run.updated_at > UsageSession.metered_at)
    changed = (
        select(UsageSession.id)
        .join(UsageRun, UsageRun.usage_session_id == UsageSession.id)
        .join(Run, Run.id == UsageRun.run_id)
        .where(is_new)
    )
    added = (
        select(UsageSession.id)
        .join(Reservation, Reservation.id == UsageSession.reservation_id)
        .join(Run, Run.device_id == UsageSession.device_id)
        .where(
            is_new,
            Run.state != "open",
            Run.started_at < func.upper(Reservation.during) + SETTLES_WITHIN,
            Run.last_at > func.lower(Reservation.during) - CHECK_IN_OPENS,
            ~exists().where(UsageRun.run_id == Run.id),
        )
    )
    filled = (
        select(UsageSession.id)
        .join(Reservation, Reservation.id == UsageSession.reservation_id)
        .where(
            UsageSession.state == UsageState.NEEDS_REVIEW,
            UsageSession.metered_at > now - LOOK_BACK,
            UsageSession.doubts.contains([GAP]),
            exists().where(
                Channel.device_id == UsageSession.device_id,
                Reading.channel_id == Channel.id,
                Reading.at >= func.lower(Reservation.during),
                Reading.at < func.upper(Reservation.during),
                Reading.received_at > UsageSession.metered_at,
            ),
        )
    )
    return session.scalars(union(changed, added, filled).limit(BATCH)).all()


def list_changes(session: Session, usage_session_id: UsageSessionId) -> Sequence[UsageChange]:
    return session.scalars(
        select(UsageChange)
        .where(UsageChange.usage_session_id == usage_session_id)
        .order_by(UsageChange.id)
    ).all()
