"""Occasions to tell somebody something, found in what is stored; none is missed by a restart."""

from datetime import datetime, timedelta

from sqlalchemy import extract, func, literal, or_
from sqlalchemy.orm import Session

from booking.notices.occasions import (
    BATCH,
    FRESH,
    Find,
    Occasion,
    about,
    facts_of,
    name_of,
    untold,
)
from booking.notices.rules import Kind
from booking.notices.watching import (
    find_affected,
    find_calibrations,
    find_metered,
    find_overtime,
    find_overtime_before,
    find_penalties,
)
from booking.policies.terms import Terms
from booking.reservations.states import CancelledAs, ReservationState
from booking.reservations.tables import Reservation, ReservationTransition
from booking.waitlists.tables import WaitlistEntry
from directory.people.tables import Person, RoleAssignment
from directory.roles.rules import Role

OFFERED_FIRST = timedelta(seconds=15)
"""Time that became free is offered to the next in line first; the others are told then."""

S = ReservationState
Step = ReservationTransition
starts_at, ends_at = func.lower(Reservation.during), func.upper(Reservation.during)

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
    name = name_of("step", Step.id)
    is_news = or_(
        (Step.to_state == S.APPROVED) & (Step.from_state == S.SUBMITTED),
        Step.to_state.in_([S.REJECTED, S.NO_SHOW]),
        # Whoever answered already need not be told until when to answer.
        (Step.to_state == S.RETIMED) & (Reservation.state == S.RETIMED),
        # A hold that ends by itself is no surprise.
        (Step.to_state == S.EXPIRED) & (Step.from_state != S.HELD),
        (Step.to_state == S.CANCELLED) & (Reservation.cancelled_as == CancelledAs.BY_LAB),
    )
    rows = session.execute(
        about(Step, name)
        .join(Step, Step.reservation_id == Reservation.id)
        .where(Step.at > now - FRESH, Step.to_state.in_(sorted(STEPS)), is_news)
        .where(untold(name, Reservation.holder_id))
        .order_by(Step.id)
        .limit(BATCH)
    )
    return [
        Occasion(
            name=told,
            kind=STEPS[S(step.to_state)],
            person_id=one.holder_id,
            reservation_id=one.id,
            facts=facts_of(
                instrument,
                zone,
                one,
                until=one.expires_at,
                reason_zh=step.reason if step.actor_id else "",
            ),
        )
        for one, instrument, zone, step, told in rows
    ]


def find_proposed(session: Session, now: datetime) -> list[Occasion]:
    """Find what waits for an enterprise's own yes: each of its administrators is told."""
    name = name_of("endorse", Reservation.id)
    rows = session.execute(
        about(Person.id, name)
        .join(Person, Person.enterprise_id == Reservation.enterprise_id)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            Reservation.state == S.PROPOSED,
            Reservation.expires_at > now,
            RoleAssignment.role == Role.ENTERPRISE_ADMIN,
            Person.is_active,
            untold(name, Person.id),
        )
        .limit(BATCH)
    )
    return [
        Occasion(told, Kind.TO_ENDORSE, person_id, one.id, facts_of(instrument, zone, one))
        for one, instrument, zone, person_id, told in rows
    ]


def find_reminders(session: Session, now: datetime) -> list[Occasion]:
    """Find reservations that begin soon; one moved is told of again."""
    wanted = func.coalesce(
        Reservation.terms["reminder_s"].as_integer(), literal(Terms().reminder_s)
    )
    before = func.make_interval(0, 0, 0, 0, 0, 0, wanted)
    name = name_of("reminder", Reservation.id, extract("epoch", starts_at))
    rows = session.execute(
        about(name)
        .where(
            Reservation.state == S.RESERVED,
            starts_at > now,
            starts_at - before <= now,
            # Who reserves at the last minute needs no reminder.
            Reservation.created_at < starts_at - before,
            wanted > 0,
            untold(name, Reservation.holder_id),
        )
        .order_by(starts_at)
        .limit(BATCH)
    )
    return [
        Occasion(told, Kind.REMINDER, one.holder_id, one.id, facts_of(instrument, zone, one))
        for one, instrument, zone, told in rows
    ]


def find_freed(session: Session, now: datetime) -> list[Occasion]:
    """Find who still waits for time that became free."""
    name = name_of("freed", Step.id)
    rows = session.execute(
        about(WaitlistEntry.person_id, name)
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
            untold(name, WaitlistEntry.person_id),
        )
        .order_by(Step.id)
        .limit(BATCH)
    )
    return [
        # Whose reservation it was is not theirs to know.
        Occasion(told, Kind.SLOT_FREED, person_id, None, facts_of(instrument, zone, one))
        for one, instrument, zone, person_id, told in rows
    ]


def find_offers(session: Session, now: datetime) -> list[Occasion]:
    """Find who is next in line and has time held for them."""
    name = name_of("offer", Reservation.id)
    rows = session.execute(
        about(WaitlistEntry.person_id, name)
        .join(WaitlistEntry, WaitlistEntry.reservation_id == Reservation.id)
        .where(
            WaitlistEntry.state == "offered",
            Reservation.state == S.HELD,
            Reservation.expires_at > now,
            untold(name, WaitlistEntry.person_id),
        )
        .limit(BATCH)
    )
    return [
        Occasion(
            told,
            Kind.NEXT_IN_LINE,
            person_id,
            one.id,
            facts_of(instrument, zone, one, until=one.expires_at),
        )
        for one, instrument, zone, person_id, told in rows
    ]


FINDS: tuple[Find, ...] = (
    find_steps,
    find_proposed,
    find_reminders,
    find_offers,
    find_freed,
    find_overtime,
    find_overtime_before,
    find_affected,
    find_metered,
    find_penalties,
    find_calibrations,
)


def list_occasions(session: Session, *, now: datetime) -> list[Occasion]:
    """Return everything somebody is to be told and was not."""
    return [occasion for find in FINDS for occasion in find(session, now)]
