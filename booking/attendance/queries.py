"""Questions about attendance: whose breach may be the last straw, which bans begin."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.attendance.tables import Penalty
from booking.reservations.tables import Reservation
from directory.people.tables import Person
from foundation.identifiers import InstitutionId, PersonId, ReservationId

BATCH = 200
JUDGED_WITHIN = timedelta(days=2)


def list_breaches(session: Session, *, now: datetime) -> Sequence[ReservationId]:
    """Recent reservations that were not kept as they should, and are no penalty yet."""
    return session.scalars(
        select(Reservation.id)
        .where(
            Reservation.attendance.is_not(None),
            Reservation.attendance != "normal",
            Reservation.changed_at > now - JUDGED_WITHIN,
            ~exists().where(Penalty.reservation_id == Reservation.id),
        )
        .order_by(Reservation.changed_at)
        .limit(BATCH)
    ).all()


def list_beginning(session: Session, *, now: datetime) -> Sequence[UUID]:
    return session.scalars(
        select(Penalty.id).where(Penalty.state == "noticed", Penalty.starts_at <= now).limit(BATCH)
    ).all()


def list_penalties_of(session: Session, institution_id: InstitutionId) -> Sequence[Penalty]:
    """Return an institution's, those that wait for a decision first."""
    return session.scalars(
        select(Penalty)
        .where(Penalty.institution_id == institution_id)
        .order_by(Penalty.state != "appealed", Penalty.noticed_at.desc())
        .limit(BATCH)
    ).all()


def list_penalties(session: Session, person_id: PersonId) -> Sequence[Penalty]:
    return session.scalars(
        select(Penalty).where(Penalty.person_id == person_id).order_by(Penalty.noticed_at.desc())
    ).all()


def names_behind(session: Session, penalties: Sequence[Penalty]) -> dict[PersonId, str]:
    """Return the names of those the penalties are about."""
    rows = session.execute(
        select(Person.id, Person.display_name).where(
            Person.id.in_({one.person_id for one in penalties})
        )
    )
    return {key: name for key, name in rows}  # noqa: C416 - rows are no pairs to mypy
