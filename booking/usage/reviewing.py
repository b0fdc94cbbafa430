"""Confirming, objecting, resolving and correcting; every change keeps the former values."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.reservations.moves import move
from booking.reservations.rights import is_client_of, is_manager_of, is_staff_of, load_for
from booking.reservations.service import slot_of, terms_of
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation
from booking.usage.errors import (
    NotMetered,
    ObjectionTooLate,
    ReasonNeeded,
    UnfitCorrection,
    WrongUsageState,
)
from booking.usage.rules import UsageState, is_close_to_booked
from booking.usage.tables import UsageChange, UsageSession
from directory.audit.service import record
from directory.people.service import Caller
from foundation.identifiers import PersonId, ReservationId, UsageSessionId

DAY_MS = 86_400_000
S = UsageState


def confirm(
    session: Session, reservation_id: ReservationId, *, by: Caller, now: datetime
) -> UsageSession:
    """A technician's word that the usage session is right, doubts or none."""
    reservation, usage = _load(session, reservation_id, by)
    if not is_staff_of(by, reservation) or usage.state not in {S.METERED, S.NEEDS_REVIEW}:
        raise WrongUsageState
    _confirm(session, reservation, usage, kind="confirmed", by=by.person_id, reason="", now=now)
    return usage


def confirm_by_itself(session: Session, usage_session_id: UsageSessionId, *, now: datetime) -> bool:
    """Confirm where the evidence suffices and nobody objected in time; else a person must."""
    usage = session.scalar(
        select(UsageSession)
        .where(UsageSession.id == usage_session_id, UsageSession.state == S.METERED)
        .with_for_update(skip_locked=True)
    )
    if usage is None or usage.reservation_id is None:
        return False
    reservation = session.get_one(Reservation, usage.reservation_id)
    at = confirms_at(reservation, usage)
    if at is None or now < at:
        return False
    _confirm(
        session, reservation, usage, kind="confirmed", by=None, reason="evidence suffices", now=now
    )
    return True


def objection_ends_at(reservation: Reservation, usage: UsageSession) -> datetime:
    return usage.metered_at + timedelta(seconds=terms_of(reservation).objection_s)


def confirms_at(reservation: Reservation, usage: UsageSession) -> datetime | None:
    """Return when it is confirmed by itself; None where a person must look at it."""
    if usage.state != S.METERED or usage.doubts:
        return None
    terms = terms_of(reservation)
    is_close = is_close_to_booked(
        timedelta(milliseconds=usage.metered_ms),
        slot_of(reservation).length,
        tolerance_permille=terms.confirm_tolerance_permille,
    )
    return usage.metered_at + timedelta(seconds=terms.confirm_after_s) if is_close else None


def dispute(
    session: Session, reservation_id: ReservationId, *, by: Caller, reason: str, now: datetime
) -> UsageSession:
    """The client's objection, within the time the terms leave for it.

    Raises:
        ObjectionTooLate: after that, or once it is billed.
    """
    reservation, usage = _load(session, reservation_id, by)
    if not is_client_of(by, reservation):
        raise WrongUsageState
    if not reason.strip():
        raise ReasonNeeded
    if now >= objection_ends_at(reservation, usage) or usage.state == S.BILLED:
        raise ObjectionTooLate
    if usage.state == S.DISPUTED:
        raise WrongUsageState
    former = values_of(usage)
    usage.state = S.DISPUTED
    write_change(session, usage, "disputed", former, by=by.person_id, reason=reason, now=now)
    move(
        session,
        reservation,
        ReservationState.DISPUTED,
        actor_id=by.person_id,
        reason=reason,
        now=now,
    )
    return usage


def resolve(
    session: Session,
    reservation_id: ReservationId,
    *,
    metered_ms: int | None,
    by: Caller,
    reason: str,
    now: datetime,
) -> UsageSession:
    """The manager's answer to an objection: it stands, or it is corrected so."""
    reservation, usage = _load(session, reservation_id, by)
    if not is_manager_of(by, reservation) or usage.state != S.DISPUTED:
        raise WrongUsageState
    if not reason.strip():
        raise ReasonNeeded
    if metered_ms is not None:
        require_fit(usage, metered_ms)
    former = values_of(usage)
    if metered_ms is not None:
        usage.metered_ms = metered_ms
    write_change(session, usage, "resolved", former, by=by.person_id, reason=reason, now=now)
    _confirm(session, reservation, usage, kind="confirmed", by=by.person_id, reason=reason, now=now)
    return usage


def correct(
    session: Session,
    reservation_id: ReservationId,
    *,
    metered_ms: int,
    by: Caller,
    reason: str,
    now: datetime,
) -> UsageSession:
    """A technician's correction of what was metered, before it is billed."""
    reservation, usage = _load(session, reservation_id, by)
    if not is_staff_of(by, reservation) or usage.state not in {S.METERED, S.NEEDS_REVIEW}:
        raise WrongUsageState
    if not reason.strip():
        raise ReasonNeeded
    require_fit(usage, metered_ms)
    former = values_of(usage)
    usage.metered_ms = metered_ms
    write_change(session, usage, "corrected", former, by=by.person_id, reason=reason, now=now)
    return usage


def values_of(usage: UsageSession) -> dict[str, Any]:
    return {
        "state": str(usage.state),
        "metered_ms": usage.metered_ms,
        "labour_s": usage.labour_s,
        "coverage_permille": usage.coverage_permille,
    }


def require_fit(usage: UsageSession, metered_ms: int) -> None:
    """No more than passed between its first start and its last end."""
    assert usage.during.lower is not None
    assert usage.during.upper is not None
    passed = usage.during.upper - usage.during.lower
    if not 0 <= metered_ms <= min(passed // timedelta(milliseconds=1), DAY_MS * 31):
        raise UnfitCorrection


def _load(
    session: Session, reservation_id: ReservationId, by: Caller
) -> tuple[Reservation, UsageSession]:
    reservation = load_for(session, reservation_id, by)
    usage = session.scalar(
        select(UsageSession)
        .where(UsageSession.reservation_id == reservation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if usage is None:
        raise NotMetered
    session.refresh(reservation)
    return reservation, usage


def _confirm(
    session: Session,
    reservation: Reservation,
    usage: UsageSession,
    *,
    kind: str,
    by: PersonId | None,
    reason: str,
    now: datetime,
) -> None:
    former = values_of(usage)
    usage.state = S.CONFIRMED
    usage.confirmed_at = now
    write_change(session, usage, kind, former, by=by, reason=reason, now=now)
    move(session, reservation, ReservationState.CONFIRMED, actor_id=by, reason=reason, now=now)


def write_change(
    session: Session,
    usage: UsageSession,
    kind: str,
    former: dict[str, Any],
    *,
    by: PersonId | None,
    reason: str,
    now: datetime,
    became: dict[str, Any] | None = None,
) -> None:
    """Keep what it was, what it became or would have, who did it and why."""
    became = values_of(usage) if became is None else became
    usage.updated_at = now
    session.add(
        UsageChange(
            usage_session_id=usage.id,
            kind=kind,
            former=former,
            became=became,
            reason=reason,
            actor_id=by,
            at=now,
        )
    )
    record(
        session,
        actor_id=by,
        action=f"usage.{kind}",
        subject_kind="usage_session",
        subject_id=usage.id,
        now=now,
        former=former,
        became=became,
    )
    session.flush()
