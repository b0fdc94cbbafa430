"""Occasions to tell somebody something, found in what is stored; none is missed by a restart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, aliased

from booking.attendance.tables import Penalty
from booking.instruments.tables import Instrument, InstrumentDevice
from booking.notices.rules import Facts, Kind
from booking.notices.tables import BookingNotice
from booking.policies.terms import Terms
from booking.reservations.states import CancelledAs, ReservationState
from booking.reservations.tables import Reservation, ReservationTransition, as_slot
from booking.usage.tables import UsageSession
from booking.waitlists.tables import WaitlistEntry
from directory.institutions.tables import Institution
from foundation.identifiers import PersonId, ReservationId
from telemetry.runs.tables import Run

BATCH = 200
FRESH = timedelta(days=2)
"""What nobody was told of within this is no news any more."""
OFFERED_FIRST = timedelta(seconds=15)
"""Time that became free is offered to the next in line first; the others are told then."""
AFFECTED_WITHIN = timedelta(days=7)
BEFORE_ITS_START = timedelta(minutes=15)
AFTER_ITS_START = timedelta(minutes=30)
ALIVE = timedelta(minutes=3)
"""A run of which nothing was heard for longer is not known to go on."""

S = ReservationState
Step = ReservationTransition
starts_at, ends_at = func.lower(Reservation.during), func.upper(Reservation.during)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something to tell one person, by a name that nothing else has."""

    name: str
    kind: Kind
    person_id: PersonId
    reservation_id: ReservationId | None
    facts: Facts


Find = Callable[[Session, datetime], list[Occasion]]


def _untold(name: ColumnElement[str], person: Any) -> ColumnElement[bool]:  # noqa: ANN401
    return ~exists().where(BookingNotice.occasion == name, BookingNotice.person_id == person)


def _name(prefix: str, *parts: Any) -> ColumnElement[str]:  # noqa: ANN401 - columns of many types
    named: ColumnElement[str] = literal(prefix, String)
    for part in parts:
        named = named + ":" + cast(part, String)
    return named


def _about(*columns: Any) -> Select[Any]:  # noqa: ANN401
    """Select a reservation with its instrument, its zone, and what else is asked for."""
    return (
        select(Reservation, Instrument, Institution.time_zone, *columns)
        .join(Instrument, Instrument.id == Reservation.instrument_id)
        .join(Institution, Institution.id == Reservation.institution_id)
    )


def _facts(
    instrument: Instrument,
    zone: str,
    reservation: Reservation | None = None,
    **more: Any,  # noqa: ANN401
) -> Facts:
    return Facts(
        instrument_zh=instrument.name_zh,
        instrument_en=instrument.name_en,
        zone=ZoneInfo(zone),
        slot=as_slot(reservation.during) if reservation else None,
        **more,
    )


STEPS: dict[ReservationState, Kind] = {
    S.APPROVED: Kind.APPROVED,
    S.REJECTED: Kind.REJECTED,
    S.RETIMED: Kind.RETIMED,
    S.CANCELLED: Kind.CANCELLED_BY_LAB,
    S.EXPIRED: Kind.EXPIRED,
    S.NO_SHOW: Kind.NO_SHOW,
}


def find_steps(session: Session, now: datetime) -> list[Occasion]:
    """Find what the manager, the lab or the clock did to a reservation."""
    name = _name("step", Step.id)
    is_news = or_(
        (Step.to_state == S.APPROVED) & (Step.from_state == S.SUBMITTED),
        Step.to_state.in_([S.REJECTED, S.RETIMED, S.NO_SHOW]),
        # A hold that ends by itself is no surprise.
        (Step.to_state == S.EXPIRED) & (Step.from_state != S.HELD),
        (Step.to_state == S.CANCELLED) & (Reservation.cancelled_as == CancelledAs.BY_LAB),
    )
    rows = session.execute(
        _about(Step, name)
        .join(Step, Step.reservation_id == Reservation.id)
        .where(Step.at > now - FRESH, Step.to_state.in_(sorted(STEPS)), is_news)
        .where(_untold(name, Reservation.holder_id))
        .order_by(Step.id)
        .limit(BATCH)
    )
    return [
        Occasion(
            name=told,
            kind=STEPS[S(step.to_state)],
            person_id=one.holder_id,
            reservation_id=one.id,
            facts=_facts(
                instrument,
                zone,
                one,
                until=one.expires_at,
                reason_zh=step.reason if step.actor_id else "",
            ),
        )
        for one, instrument, zone, step, told in rows
    ]


def find_reminders(session: Session, now: datetime) -> list[Occasion]:
    """Find reservations that begin soon; one moved is told of again."""
    wanted = func.coalesce(
        Reservation.terms["reminder_s"].as_integer(), literal(Terms().reminder_s)
    )
    before = func.make_interval(0, 0, 0, 0, 0, 0, wanted)
    name = _name("reminder", Reservation.id, extract("epoch", starts_at))
    rows = session.execute(
        _about(name)
        .where(
            Reservation.state == S.RESERVED,
            starts_at > now,
            starts_at - before <= now,
            # Who reserves at the last minute needs no reminder.
            Reservation.created_at < starts_at - before,
            wanted > 0,
            _untold(name, Reservation.holder_id),
        )
        .order_by(starts_at)
        .limit(BATCH)
    )
    return [
        Occasion(told, Kind.REMINDER, one.holder_id, one.id, _facts(instrument, zone, one))
        for one, instrument, zone, told in rows
    ]


def find_freed(session: Session, now: datetime) -> list[Occasion]:
    """Find who still waits for time that became free."""
    name = _name("freed", Step.id)
    rows = session.execute(
        _about(WaitlistEntry.person_id, name)
        .join(Step, Step.reservation_id == Reservation.id)
        .join(WaitlistEntry, WaitlistEntry.instrument_id == Reservation.instrument_id)
        .where(
            Step.at > now - FRESH,
            Step.at <= now - OFFERED_FIRST,
            Step.to_state.in_([S.CANCELLED, S.EXPIRED, S.NO_SHOW, S.REJECTED]),
            Step.from_state != S.DRAFT,
            ends_at > now,
            WaitlistEntry.state == "waiting",
            WaitlistEntry.created_at < Step.at,
            WaitlistEntry.within.overlaps(Reservation.during),
            WaitlistEntry.person_id != Reservation.holder_id,
            _untold(name, WaitlistEntry.person_id),
        )
        .order_by(Step.id)
        .limit(BATCH)
    )
    return [
        # Whose reservation it was is not theirs to know.
        Occasion(told, Kind.SLOT_FREED, person_id, None, _facts(instrument, zone, one))
        for one, instrument, zone, person_id, told in rows
    ]


def find_offers(session: Session, now: datetime) -> list[Occasion]:
    """Find who is next in line and has time held for them."""
    name = _name("offer", Reservation.id)
    rows = session.execute(
        _about(WaitlistEntry.person_id, name)
        .join(WaitlistEntry, WaitlistEntry.reservation_id == Reservation.id)
        .where(
            WaitlistEntry.state == "offered",
            Reservation.state == S.HELD,
            Reservation.expires_at > now,
            _untold(name, WaitlistEntry.person_id),
        )
        .limit(BATCH)
    )
    return [
        Occasion(
            told,
            Kind.NEXT_IN_LINE,
            person_id,
            one.id,
            _facts(instrument, zone, one, until=one.expires_at),
        )
        for one, instrument, zone, person_id, told in rows
    ]


def _running_over(now: datetime) -> ColumnElement[bool]:
    """A run that began within the reservation's slot and goes on after it."""
    return and_(
        Run.state == "open",
        Run.last_at > now - ALIVE,
        Run.last_at > ends_at,
        Run.started_at < ends_at,
        Run.started_at >= func.lower(Reservation.during) - BEFORE_ITS_START,
        InstrumentDevice.device_id == Run.device_id,
        InstrumentDevice.is_meter,
        InstrumentDevice.instrument_id == Reservation.instrument_id,
        Reservation.state.in_([S.IN_USE, S.CHECKED_IN, S.ENDED, S.INTERRUPTED]),
        ends_at <= now,
        ends_at > now - timedelta(days=1),
    )


def find_overtime(session: Session, now: datetime) -> list[Occasion]:
    """Find whose use runs on after their slot."""
    name = _name("overtime", Run.id)
    rows = session.execute(
        _about(name)
        .join(InstrumentDevice, InstrumentDevice.instrument_id == Reservation.instrument_id)
        .join(Run, Run.device_id == InstrumentDevice.device_id)
        .where(_running_over(now), _untold(name, Reservation.holder_id))
        .limit(BATCH)
    )
    return [
        Occasion(told, Kind.OVERTIME, one.holder_id, one.id, _facts(instrument, zone, one))
        for one, instrument, zone, told in rows
    ]


def find_overtime_before(session: Session, now: datetime) -> list[Occasion]:
    """Find who comes next where the one before runs over."""
    following = aliased(Reservation)
    name = _name("overtime", Run.id, following.id)
    rows = session.execute(
        _about(following, name)
        .join(InstrumentDevice, InstrumentDevice.instrument_id == Reservation.instrument_id)
        .join(Run, Run.device_id == InstrumentDevice.device_id)
        .join(following, following.instrument_id == Reservation.instrument_id)
        .where(
            _running_over(now),
            following.state == S.RESERVED,
            func.lower(following.during) >= ends_at,
            func.lower(following.during).between(now - AFTER_ITS_START, now + BEFORE_ITS_START),
            _untold(name, following.holder_id),
        )
        .limit(BATCH)
    )
    return [
        Occasion(
            told,
            Kind.OVERTIME_BEFORE_YOURS,
            then.holder_id,
            then.id,
            _facts(instrument, zone, then),
        )
        for _, instrument, zone, then, told in rows
    ]


def find_affected(session: Session, now: datetime) -> list[Occasion]:
    """Find whose reservation comes after a fault that is not mended yet."""
    broken = aliased(Reservation)
    name = _name("fault", Step.id, Reservation.id)
    rows = session.execute(
        _about(Step, name)
        .join(broken, broken.instrument_id == Reservation.instrument_id)
        .join(Step, Step.reservation_id == broken.id)
        .where(
            Step.at > now - FRESH,
            Step.to_state == S.INTERRUPTED,
            Instrument.condition != "working",
            Reservation.state.in_([S.SUBMITTED, S.RETIMED, S.APPROVED, S.RESERVED]),
            Reservation.during.overlaps(Range(now, now + AFFECTED_WITHIN)),
            _untold(name, Reservation.holder_id),
        )
        .limit(BATCH)
    )
    return [
        Occasion(
            told,
            Kind.INSTRUMENT_FAULTY,
            one.holder_id,
            one.id,
            _facts(instrument, zone, one, reason_zh=step.reason),
        )
        for one, instrument, zone, step, told in rows
    ]


def find_metered(session: Session, now: datetime) -> list[Occasion]:
    """Find uses whose figure their person may still object to."""
    name = _name("metered", UsageSession.id, extract("epoch", UsageSession.metered_at))
    rows = session.execute(
        _about(UsageSession.metered_at, name)
        .join(UsageSession, UsageSession.reservation_id == Reservation.id)
        .where(
            UsageSession.metered_at > now - FRESH,
            UsageSession.state.in_(["metered", "needs_review"]),
            _untold(name, Reservation.holder_id),
        )
        .limit(BATCH)
    )
    return [
        Occasion(
            told,
            Kind.METERED,
            one.holder_id,
            one.id,
            _facts(
                instrument,
                zone,
                one,
                until=metered_at
                + timedelta(seconds=one.terms.get("objection_s", Terms().objection_s)),
            ),
        )
        for one, instrument, zone, metered_at, told in rows
    ]


def find_penalties(session: Session, now: datetime) -> list[Occasion]:
    """Find bans that were not told of yet."""
    name = _name("penalty", Penalty.id)
    rows = session.execute(
        _about(Penalty, name)
        .join(Penalty, Penalty.reservation_id == Reservation.id)
        .where(Penalty.noticed_at > now - FRESH, _untold(name, Penalty.person_id))
        .limit(BATCH)
    )
    return [
        Occasion(
            told,
            Kind.PENALTY,
            penalty.person_id,
            one.id,
            _facts(
                instrument,
                zone,
                one,
                until=penalty.starts_at,
                reason_zh=penalty.reason_zh,
                reason_en=penalty.reason_en,
            ),
        )
        for one, instrument, zone, penalty, told in rows
    ]


FINDS: tuple[Find, ...] = (
    find_steps,
    find_reminders,
    find_offers,
    find_freed,
    find_overtime,
    find_overtime_before,
    find_affected,
    find_metered,
    find_penalties,
)


def list_occasions(session: Session, *, now: datetime) -> list[Occasion]:
    """Return everything somebody is to be told and was not."""
    return [occasion for find in FINDS for occasion in find(session, now)]


def list_unposted(session: Session) -> Sequence[UUID]:
    return session.scalars(
        select(BookingNotice.id)
        .where(BookingNotice.posted_at.is_(None))
        .order_by(BookingNotice.created_at)
        .limit(BATCH)
    ).all()
