"""Occasions that come from use: overtime, faults, what was metered, bans, calibration due."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, and_, cast, extract, func, literal, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, aliased

from booking.attendance.tables import Penalty
from booking.instruments.tables import Instrument, InstrumentDevice
from booking.notices.occasions import (
    BATCH,
    FRESH,
    Occasion,
    about,
    facts_of,
    name_of,
    untold,
)
from booking.notices.rules import Kind
from booking.policies.terms import Terms
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation, ReservationTransition
from booking.usage.tables import UsageSession
from directory.institutions.tables import Institution
from directory.people.tables import Person, RoleAssignment
from directory.roles.rules import Role
from telemetry.runs.tables import Run

AFFECTED_WITHIN = timedelta(days=7)
BEFORE_ITS_START = timedelta(minutes=15)
AFTER_ITS_START = timedelta(minutes=30)
ALIVE = timedelta(minutes=3)
"""A run of which nothing was heard for longer is not known to go on."""
CALIBRATION_WARNINGS = (30, 7)
"""Days before a calibration lapses on which its manager is told."""

S = ReservationState
Step = ReservationTransition
starts_at, ends_at = func.lower(Reservation.during), func.upper(Reservation.during)


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
    name = name_of("overtime", Run.id)
    rows = session.execute(
        about(name)
        .join(InstrumentDevice, InstrumentDevice.instrument_id == Reservation.instrument_id)
        .join(Run, Run.device_id == InstrumentDevice.device_id)
        .where(_running_over(now), untold(name, Reservation.holder_id))
        .limit(BATCH)
    )
    return [
        Occasion(told, Kind.OVERTIME, one.holder_id, one.id, facts_of(instrument, zone, one))
        for one, instrument, zone, told in rows
    ]


def find_overtime_before(session: Session, now: datetime) -> list[Occasion]:
    """Find who comes next where the one before runs over."""
    following = aliased(Reservation)
    name = name_of("overtime", Run.id, following.id)
    rows = session.execute(
        about(following, name)
        .join(InstrumentDevice, InstrumentDevice.instrument_id == Reservation.instrument_id)
        .join(Run, Run.device_id == InstrumentDevice.device_id)
        .join(following, following.instrument_id == Reservation.instrument_id)
        .where(
            _running_over(now),
            following.state == S.RESERVED,
            func.lower(following.during) >= ends_at,
            func.lower(following.during).between(now - AFTER_ITS_START, now + BEFORE_ITS_START),
            untold(name, following.holder_id),
        )
        .limit(BATCH)
    )
    return [
        Occasion(
            told,
            Kind.OVERTIME_BEFORE_YOURS,
            then.holder_id,
            then.id,
            facts_of(instrument, zone, then),
        )
        for _, instrument, zone, then, told in rows
    ]


def find_affected(session: Session, now: datetime) -> list[Occasion]:
    """Find whose reservation comes after a fault that is not mended yet."""
    broken = aliased(Reservation)
    name = name_of("fault", Step.id, Reservation.id)
    rows = session.execute(
        about(Step, name)
        .join(broken, broken.instrument_id == Reservation.instrument_id)
        .join(Step, Step.reservation_id == broken.id)
        .where(
            Step.at > now - FRESH,
            Step.to_state == S.INTERRUPTED,
            Instrument.condition != "working",
            Reservation.state.in_([S.SUBMITTED, S.RETIMED, S.APPROVED, S.RESERVED]),
            Reservation.during.overlaps(Range(now, now + AFFECTED_WITHIN)),
            untold(name, Reservation.holder_id),
        )
        .limit(BATCH)
    )
    return [
        Occasion(
            told,
            Kind.INSTRUMENT_FAULTY,
            one.holder_id,
            one.id,
            facts_of(instrument, zone, one, reason_zh=step.reason),
        )
        for one, instrument, zone, step, told in rows
    ]


def find_metered(session: Session, now: datetime) -> list[Occasion]:
    """Find uses whose figure their person may still object to."""
    name = name_of("metered", UsageSession.id, extract("epoch", UsageSession.metered_at))
    rows = session.execute(
        about(UsageSession.metered_at, name)
        .join(UsageSession, UsageSession.reservation_id == Reservation.id)
        .where(
            UsageSession.metered_at > now - FRESH,
            UsageSession.state.in_(["metered", "needs_review"]),
            untold(name, Reservation.holder_id),
        )
        .limit(BATCH)
    )
    return [
        Occasion(
            told,
            Kind.METERED,
            one.holder_id,
            one.id,
            facts_of(
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
    name = name_of("penalty", Penalty.id)
    rows = session.execute(
        about(Penalty, name)
        .join(Penalty, Penalty.reservation_id == Reservation.id)
        .where(Penalty.noticed_at > now - FRESH, untold(name, Penalty.person_id))
        .limit(BATCH)
    )
    return [
        Occasion(
            told,
            Kind.PENALTY,
            penalty.person_id,
            one.id,
            facts_of(
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


def find_calibrations(session: Session, now: datetime) -> list[Occasion]:
    """Find whose instruments' calibration lapses soon: their managers are told, twice."""
    today = cast(func.timezone(Institution.time_zone, literal(now)), Date)
    left = Instrument.calibrated_until - today
    found = []
    for days in CALIBRATION_WARNINGS:
        name = name_of(f"calibration{days}", Instrument.id, Instrument.calibrated_until)
        rows = session.execute(
            select(Instrument, Institution.time_zone, Person.id, name)
            .join(Institution, Institution.id == Instrument.institution_id)
            .join(Person, Person.institution_id == Instrument.institution_id)
            .join(RoleAssignment, RoleAssignment.person_id == Person.id)
            .where(
                Instrument.condition != "scrapped",
                left.between(0, days),
                RoleAssignment.role == Role.INSTITUTION_MANAGER,
                Person.is_active,
                untold(name, Person.id),
            )
            .limit(BATCH)
        )
        found += [
            Occasion(
                told,
                Kind.CALIBRATION_DUE,
                person_id,
                None,
                facts_of(instrument, zone, until=end_of(instrument.calibrated_until, zone)),
            )
            for instrument, zone, person_id, told in rows
            if instrument.calibrated_until is not None
        ]
    return found


def end_of(day: date, zone: str) -> datetime:
    """Return the last minute of a day by the lab's clock."""
    return datetime(day.year, day.month, day.day, 23, 59, tzinfo=ZoneInfo(zone))
