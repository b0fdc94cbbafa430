"""Verbs on opening hours and closures. The caller owns the transaction."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from booking.calendars.hours import Hours, SpecialHours, find_special_problems
from booking.calendars.tables import DAY_S, Closure, OpeningHours, SpecialDay
from booking.instruments.tables import Instrument
from booking.policies.errors import ClosureNotFound, PolicyRefused, SpecialDayNotFound
from booking.policies.service import own_institution, require_own_instrument
from booking.reservations.moves import lock_instruments
from booking.reservations.rules import Wish, find_time_problems
from booking.reservations.states import HOLDING_STATES
from booking.reservations.tables import Reservation
from directory.audit.service import record
from directory.people.service import Caller
from foundation.errors import Problem
from foundation.identifiers import InstitutionId, InstrumentId, ReservationId, new_id


def set_hours(
    session: Session,
    hours: Sequence[Hours],
    *,
    by: Caller,
    now: datetime,
    instrument_id: InstrumentId | None = None,
) -> None:
    """Let these be the opening hours of an instrument, or of all that have none of their own.

    Raises:
        PolicyRefused: naming every window that is none.
    """
    institution_id = own_institution(by)
    if instrument_id is not None:
        require_own_instrument(session, instrument_id, by)
    problems = [
        Problem(
            "wrong_window",
            f"第 {number} 个开放时段不正确。",
            f"Opening window {number} is no window of a day.",
            f"items.{number - 1}",
        )
        for number, one in enumerate(hours, 1)
        if not (1 <= one.weekday <= 7 and 0 <= one.opens_s < one.closes_s <= DAY_S)  # noqa: PLR2004
    ]
    if problems:
        raise PolicyRefused(problems)
    session.execute(
        delete(OpeningHours).where(
            OpeningHours.institution_id == institution_id,
            OpeningHours.instrument_id.is_not_distinct_from(instrument_id),
        )
    )
    session.add_all(
        OpeningHours(
            id=new_id(),
            institution_id=institution_id,
            instrument_id=instrument_id,
            weekday=one.weekday,
            opens_s=one.opens_s,
            closes_s=one.closes_s,
            kind="extended" if one.is_extended else "regular",
            surcharge_permille=one.surcharge_permille,
        )
        for one in hours
    )
    session.flush()
    record(
        session,
        actor_id=by.person_id,
        action="hours.set",
        subject_kind="instrument" if instrument_id else "institution",
        subject_id=instrument_id or institution_id,
        now=now,
        windows=len(hours),
    )


def read_said(
    session: Session, *, by: Caller, instrument_id: InstrumentId | None = None
) -> tuple[list[OpeningHours], list[SpecialDay]]:
    """Return what is said of exactly this scope: one instrument, or the institution."""
    institution_id = own_institution(by)
    if instrument_id is not None:
        require_own_instrument(session, instrument_id, by)
    hours = session.scalars(
        select(OpeningHours)
        .where(
            OpeningHours.institution_id == institution_id,
            OpeningHours.instrument_id.is_not_distinct_from(instrument_id),
        )
        .order_by(OpeningHours.weekday, OpeningHours.opens_s)
    )
    days = session.scalars(
        select(SpecialDay)
        .where(
            SpecialDay.institution_id == institution_id,
            SpecialDay.instrument_id.is_not_distinct_from(instrument_id),
        )
        .order_by(SpecialDay.day, SpecialDay.opens_s)
    )
    return list(hours), list(days)


def set_special_day(
    session: Session,
    day: date,
    windows: Sequence[SpecialHours],
    *,
    reason: str,
    by: Caller,
    now: datetime,
    instrument_id: InstrumentId | None = None,
) -> None:
    """Let a date have hours of its own, for more money perhaps; no window: shut all day.

    Raises:
        PolicyRefused: naming every window that is none of a day, or overlaps another.
    """
    institution_id = own_institution(by)
    if instrument_id is not None:
        require_own_instrument(session, instrument_id, by)
    problems = find_special_problems(windows)
    if problems:
        raise PolicyRefused(problems)
    _forget_special_day(session, institution_id, day, instrument_id)
    shut = [SpecialHours(day)]
    session.add_all(
        SpecialDay(
            id=new_id(),
            institution_id=institution_id,
            instrument_id=instrument_id,
            day=day,
            opens_s=one.opens_s,
            closes_s=one.closes_s,
            surcharge_permille=one.surcharge_permille,
            reason=reason,
        )
        for one in (windows or shut)
    )
    session.flush()
    record(
        session,
        actor_id=by.person_id,
        action="special_day.set",
        subject_kind="instrument" if instrument_id else "institution",
        subject_id=instrument_id or institution_id,
        now=now,
        day=day.isoformat(),
        windows=len(windows),
    )


def forget_special_day(
    session: Session,
    day: date,
    *,
    by: Caller,
    now: datetime,
    instrument_id: InstrumentId | None = None,
) -> None:
    """Let a date have the hours of its weekday again.

    Raises:
        SpecialDayNotFound: when it has none of its own.
    """
    institution_id = own_institution(by)
    if not _forget_special_day(session, institution_id, day, instrument_id):
        raise SpecialDayNotFound
    record(
        session,
        actor_id=by.person_id,
        action="special_day.forgotten",
        subject_kind="instrument" if instrument_id else "institution",
        subject_id=instrument_id or institution_id,
        now=now,
        day=day.isoformat(),
    )


def _forget_special_day(
    session: Session, institution_id: InstitutionId, day: date, instrument_id: InstrumentId | None
) -> int:
    gone = session.scalars(
        delete(SpecialDay)
        .where(
            SpecialDay.institution_id == institution_id,
            SpecialDay.instrument_id.is_not_distinct_from(instrument_id),
            SpecialDay.day == day,
        )
        .returning(SpecialDay.id)
    ).all()
    return len(gone)


def close(
    session: Session,
    wish: Wish,
    *,
    kind: str,
    reason_zh: str,
    reason_en: str,
    by: Caller,
    now: datetime,
    instrument_id: InstrumentId | None = None,
    repeat_days: int | None = None,
    repeat_until: date | None = None,
) -> tuple[Closure, list[ReservationId]]:
    """Close an instrument, or all of one's own, for a time; return whose reservations it meets.

    They stand until somebody gives them back: the lab decides that, one by one.

    Raises:
        PolicyRefused: when the time is none.
    """
    institution_id = own_institution(by)
    problems = find_time_problems(wish, length_max=timedelta.max)
    if problems:
        raise PolicyRefused(problems)
    if instrument_id is not None:
        require_own_instrument(session, instrument_id, by)
        closed = [instrument_id]
    else:
        closed = list(
            session.scalars(
                select(Instrument.id).where(Instrument.institution_id == institution_id)
            )
        )
    # Whoever is reserving right now is done before, or sees the closure.
    lock_instruments(session, closed)
    slot = wish.slot
    closure = Closure(
        id=new_id(),
        institution_id=institution_id,
        instrument_id=instrument_id,
        during=Range(slot.starts_at, slot.ends_at),
        kind=kind,
        reason_zh=reason_zh,
        reason_en=reason_en,
        repeat_days=repeat_days,
        repeat_until=repeat_until,
        created_by=by.person_id,
        created_at=now,
    )
    session.add(closure)
    session.flush()
    met = session.scalars(
        select(Reservation.id).where(
            Reservation.instrument_id.in_(closed),
            Reservation.state.in_(sorted(HOLDING_STATES)),
            Reservation.blocked.overlaps(Range(slot.starts_at, slot.ends_at)),
        )
    ).all()
    record(
        session,
        actor_id=by.person_id,
        action="closure.made",
        subject_kind="closure",
        subject_id=closure.id,
        now=now,
        kind=kind,
        met=len(met),
    )
    return closure, list(met)


def reopen(session: Session, closure_id: UUID, *, by: Caller, now: datetime) -> None:
    """Withdraw a closure; it is kept for the record."""
    closure = session.get(Closure, closure_id)
    if (
        closure is None
        or closure.institution_id != own_institution(by)
        or closure.withdrawn_at is not None
    ):
        raise ClosureNotFound
    closure.withdrawn_at = now
    session.flush()
    record(
        session,
        actor_id=by.person_id,
        action="closure.withdrawn",
        subject_kind="closure",
        subject_id=closure_id,
        now=now,
    )
