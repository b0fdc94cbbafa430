"""Questions about reservations: whose they are, where they stand, and how they came there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Uuid,
    and_,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from booking.instruments.tables import Instrument
from booking.reservations.rights import may_see
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation, ReservationTransition
from directory.enterprises.tables import Enterprise
from directory.institutions.tables import Institution
from directory.people.service import Caller
from directory.people.tables import Person
from directory.roles.rules import Role
from directory.stations.rules import Scope
from foundation.identifiers import EnterpriseId, InstrumentId, PersonId, ReservationId


@dataclass(frozen=True, slots=True)
class KnownInstrument:
    id: InstrumentId
    code: str
    name_zh: str
    name_en: str
    location: str


@dataclass(frozen=True, slots=True)
class KnownEnterprise:
    id: EnterpriseId
    name: str


@dataclass(frozen=True, slots=True)
class KnownPerson:
    id: PersonId
    display_name: str


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a reservation's state."""

    from_state: str | None
    to_state: str
    at: datetime
    reason: str
    by: str | None
    """The name of who made it; None: nobody did, time or telemetry."""


@dataclass(frozen=True, slots=True)
class Known:
    """A reservation with what is shown beside it."""

    reservation: Reservation
    instrument: KnownInstrument
    enterprise: KnownEnterprise
    holder: KnownPerson
    time_zone: str
    """The lab's."""
    steps: list[Step]
    """How it came to where it stands, the first change first."""


ACTOR = aliased(Person)
# Beside the reservation rather than after it: a question less for each that is reserved.
STEPS = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_array(
                    ReservationTransition.from_state,
                    ReservationTransition.to_state,
                    ReservationTransition.at,
                    ReservationTransition.reason,
                    ACTOR.display_name,
                ),
                ReservationTransition.id,
            )
        )
    )
    .outerjoin(ACTOR, ACTOR.id == ReservationTransition.actor_id)
    .where(ReservationTransition.reservation_id == Reservation.id)
    .correlate(Reservation)
    .scalar_subquery()
)


def _known() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Reservation,
            *(Instrument.id, Instrument.code, Instrument.name_zh, Instrument.name_en),
            Instrument.location,
            *(Enterprise.id, Enterprise.name, Person.id, Person.display_name),
            Institution.time_zone,
            STEPS,
        )
        .join(Instrument, Instrument.id == Reservation.instrument_id)
        .join(Institution, Institution.id == Reservation.institution_id)
        .join(Enterprise, Enterprise.id == Reservation.enterprise_id)
        .join(Person, Person.id == Reservation.holder_id)
    )


def _known_of(row: Sequence[Any]) -> Known:
    reservation, *named, time_zone, steps = row
    return Known(
        reservation=reservation,
        instrument=KnownInstrument(*named[:5]),
        enterprise=KnownEnterprise(*named[5:7]),
        holder=KnownPerson(*named[7:]),
        time_zone=time_zone,
        steps=[
            Step(former, latter, datetime.fromisoformat(at), reason, by)
            for former, latter, at, reason, by in steps or ()
        ],
    )


def _of(caller: Caller) -> ColumnElement[bool]:
    """What somebody holds, or reserved for a colleague or a client."""
    if clients := caller.entrusted_with(Scope.RESERVATIONS):
        return Reservation.enterprise_id.in_(clients) & (Reservation.made_by == caller.person_id)
    is_own = or_(Reservation.holder_id == caller.person_id, Reservation.made_by == caller.person_id)
    return and_(is_own, Reservation.enterprise_id == caller.enterprise_id)


def _visible_to(caller: Caller) -> ColumnElement[bool]:
    """The rows `rights.may_see` allows, said to the database."""
    mine = _of(caller)
    if caller.has(Role.OPERATOR, Role.AUDITOR):
        return Reservation.id.is_not(None)
    if caller.has(Role.TECHNICIAN, Role.INSTITUTION_MANAGER, Role.FINANCE):
        is_labs = Reservation.institution_id == caller.institution_id
        return or_(mine, is_labs & (Reservation.state != ReservationState.PROPOSED))
    if caller.has(Role.ENTERPRISE_ADMIN):
        return or_(mine, Reservation.enterprise_id == caller.enterprise_id)
    if clients := caller.entrusted_with(Scope.RESERVATIONS):
        return Reservation.enterprise_id.in_(clients)
    return mine


# Built once: each answer about one reservation asks them, and building them anew took longer
# than the database took to answer.
KNOWN = _known().where(Reservation.id == bindparam("id", type_=Uuid()))


def find_known(session: Session, reservation_id: ReservationId, caller: Caller) -> Known | None:
    row = session.execute(KNOWN, {"id": reservation_id}).one_or_none()
    known = _known_of(row) if row else None
    return known if known and may_see(caller, known.reservation) else None


def list_known(
    session: Session,
    caller: Caller,
    *,
    mine: bool = False,
    instrument_id: InstrumentId | None = None,
    states: Sequence[ReservationState] = (),
    over_at: datetime | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Known]:
    """Return what the caller may see, the latest slot first, after the cursor.

    `over_at`: only those whose slot is over by then.
    """
    found = _known().where(_visible_to(caller))
    if mine:
        found = found.where(_of(caller))
    if instrument_id:
        found = found.where(Reservation.instrument_id == instrument_id)
    if states:
        found = found.where(Reservation.state.in_(sorted(states)))
    if over_at:
        found = found.where(func.upper(Reservation.during) <= over_at)
    starts_at = func.lower(Reservation.during)
    if before:
        found = found.where(func.row(starts_at, Reservation.id) < func.row(*before))
    found = found.order_by(starts_at.desc(), Reservation.id.desc()).limit(limit)
    return [_known_of(row) for row in session.execute(found)]
