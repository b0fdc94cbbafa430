"""The uses a lab looks at before they are billed, each with what stands behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from booking.instruments.tables import Instrument
from booking.reservations.rights import STAFF
from booking.reservations.tables import Reservation
from booking.usage.errors import UsageNotFound
from booking.usage.rules import UsageState
from booking.usage.tables import UsageRun, UsageSession
from directory.enterprises.tables import Enterprise
from directory.institutions.tables import Institution
from directory.people.service import Caller
from directory.people.tables import Person
from foundation.identifiers import InstitutionId, InstrumentId, UsageSessionId
from telemetry.devices.tables import Device
from telemetry.runs.tables import Run

IS_RESERVED = UsageSession.reservation_id.is_not(None)


class Pile(StrEnum):
    """Where a usage session lies on the desk."""

    WAITING = "waiting"
    """Metered, for somebody of the lab to confirm, or for time to do so."""
    UNRESERVED = "unreserved"
    DISPUTED = "disputed"
    SETTLED = "settled"


PILES: dict[Pile, ColumnElement[bool]] = {
    Pile.WAITING: IS_RESERVED
    & UsageSession.state.in_([UsageState.METERED, UsageState.NEEDS_REVIEW]),
    Pile.UNRESERVED: ~IS_RESERVED & (UsageSession.state == UsageState.NEEDS_REVIEW),
    Pile.DISPUTED: UsageSession.state == UsageState.DISPUTED,
    Pile.SETTLED: UsageSession.state.in_([UsageState.CONFIRMED, UsageState.BILLED]),
}


@dataclass(frozen=True, slots=True)
class Laid:
    """A usage session with its instrument, its meter, and the reservation it was matched to."""

    usage: UsageSession
    instrument: Instrument
    time_zone: str
    device: str | None
    """None: it has no meter."""
    reservation: Reservation | None
    enterprise: str | None
    holder: str | None


def _laid(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            UsageSession,
            Instrument,
            Institution.time_zone,
            Device.name,
            Reservation,
            Enterprise.name,
            Person.display_name,
        )
        .join(Instrument, Instrument.id == UsageSession.instrument_id)
        .join(Institution, Institution.id == UsageSession.institution_id)
        .outerjoin(Device, Device.id == UsageSession.device_id)
        .outerjoin(Reservation, Reservation.id == UsageSession.reservation_id)
        .outerjoin(Enterprise, Enterprise.id == UsageSession.enterprise_id)
        .outerjoin(Person, Person.id == Reservation.holder_id)
        .where(*conditions)
    )


def list_pile(
    session: Session,
    institution_id: InstitutionId,
    pile: Pile,
    *,
    instrument_id: InstrumentId | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[Laid]:
    """Return a pile: what is open the longest waiting first, what is settled the latest first."""
    place = func.row(UsageSession.metered_at, UsageSession.id)
    found = _laid(UsageSession.institution_id == institution_id, PILES[pile]).limit(limit)
    if instrument_id is not None:
        found = found.where(UsageSession.instrument_id == instrument_id)
    if pile is Pile.SETTLED:
        found = found.order_by(UsageSession.metered_at.desc(), UsageSession.id.desc())
        if after:
            found = found.where(place < func.row(*after))
    else:
        found = found.order_by(UsageSession.metered_at, UsageSession.id)
        if after:
            found = found.where(place > func.row(*after))
    return [Laid(*row) for row in session.execute(found)]


def count_piles(
    session: Session, institution_id: InstitutionId, *, instrument_id: InstrumentId | None = None
) -> dict[Pile, int]:
    """Count what is open on each pile; what is settled is not counted, as it only grows."""
    open_piles = [pile for pile in Pile if pile is not Pile.SETTLED]
    found = select(*(func.count().filter(PILES[pile]) for pile in open_piles)).where(
        UsageSession.institution_id == institution_id,
        UsageSession.state.not_in([UsageState.CONFIRMED, UsageState.BILLED]),
    )
    if instrument_id is not None:
        found = found.where(UsageSession.instrument_id == instrument_id)
    return dict(zip(open_piles, session.execute(found).one(), strict=True))


def find_laid(session: Session, usage_session_id: UsageSessionId, by: Caller) -> Laid:
    """Return one of the caller's institution's.

    Raises:
        UsageNotFound: also for those who may not know of it.
    """
    row = session.execute(
        _laid(
            UsageSession.id == usage_session_id,
            UsageSession.institution_id == by.institution_id,
        )
    ).one_or_none()
    if row is None or not by.has(*STAFF):
        raise UsageNotFound
    return Laid(*row)


def list_runs_behind(session: Session, usage_session_id: UsageSessionId) -> Sequence[Run]:
    """Return the runs it was counted from, in order of time."""
    return session.scalars(
        select(Run)
        .join(UsageRun, UsageRun.run_id == Run.id)
        .where(UsageRun.usage_session_id == usage_session_id)
        .order_by(Run.started_at)
    ).all()
