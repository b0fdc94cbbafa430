"""Questions about reservations: whose, when, and which time is free."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    column,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session

from booking.calendars.free import free_spans, not_open
from booking.calendars.rules import first_start, offer_instead
from booking.instruments.tables import Instrument
from booking.policies.books import Book
from booking.reservations.rights import may_see
from booking.reservations.rules import Slot
from booking.reservations.states import HOLDING_STATES, ReservationState
from booking.reservations.tables import Reservation, ReservationTransition, quoted
from directory.enterprises.tables import Enterprise
from directory.institutions.tables import Institution
from directory.people.service import Caller
from directory.people.tables import Person
from directory.roles.rules import Role
from directory.stations.rules import Scope
from foundation.identifiers import EnterpriseId, InstrumentId, PersonId, ReservationId

# An index probe for each instrument, whatever their number. The ends of a range are read as
# instants: as ranges, in Python, they take longer to read than to find. A hold whose limit is
# over holds nothing, tidied up or not.
TIMES_OF = text(
    f"""
SELECT t.instrument_id, t.id, t.holder_id, lower(t.during) AS starts_at, upper(t.during) AS ends_at,
    lower(t.blocked) AS blocked_from, upper(t.blocked) AS blocked_to
FROM unnest(CAST(:ids AS uuid[])) AS wanted (id)
JOIN instrument_times t ON t.instrument_id = wanted.id
WHERE t.state IN ({quoted(HOLDING_STATES)}) AND (t.expires_at IS NULL OR t.expires_at > :now)
AND t.blocked && tstzrange(:starts_at, :ends_at)
ORDER BY starts_at
"""  # noqa: S608 - our own words
).columns(
    *map(column, ("instrument_id", "id", "holder_id", "starts_at", "ends_at")),
    *map(column, ("blocked_from", "blocked_to")),
)
LOOKS_AHEAD = (timedelta(days=2), timedelta(days=14))
"""How far ahead the next free slot is looked for: near first, as most have room soon."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Time that is not free, and whose it is."""

    reservation_id: ReservationId
    holder_id: PersonId | None
    """None: somebody else's."""
    during: Slot
    blocked: Slot


@dataclass(frozen=True, slots=True)
class Calendar:
    """One instrument's time between two instants."""

    taken: list[Taken]
    closed: list[Slot]
    """When the lab is not open, or the instrument closed."""
    free: list[Slot]


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
class Known:
    """A reservation with what is shown beside it."""

    reservation: Reservation
    instrument: KnownInstrument
    enterprise: KnownEnterprise
    holder: KnownPerson
    time_zone: str
    """The lab's."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a reservation's state."""

    from_state: str | None
    to_state: str
    at: datetime
    reason: str


def _read_times(
    session: Session, instrument_ids: Collection[InstrumentId], window: Slot, *, now: datetime
) -> dict[InstrumentId, list[Taken]]:
    """Return what is taken of each instrument, in order of time."""
    rows = session.connection().execute(
        TIMES_OF,
        {
            "ids": list(instrument_ids),
            "now": now,
            "starts_at": window.starts_at,
            "ends_at": window.ends_at,
        },
    )
    taken: dict[InstrumentId, list[Taken]] = defaultdict(list)
    for instrument_id, reservation_id, holder_id, *ends in rows:
        taken[instrument_id].append(
            Taken(reservation_id, holder_id, Slot(ends[0], ends[1]), Slot(ends[2], ends[3]))
        )
    return taken


def read_calendar(session: Session, book: Book, window: Slot, *, now: datetime) -> Calendar:
    """Return what is taken and what is free."""
    return read_calendars(session, [book], window, now=now)[book.instrument.id]


def read_calendars(
    session: Session, books: Sequence[Book], window: Slot, *, now: datetime
) -> dict[InstrumentId, Calendar]:
    """Return each instrument's. One query for them all, by the index of the constraint."""
    # A slot that lies outside may still be kept from the window's edge by its buffers.
    wide = {
        book.instrument.id: window.widened(book.policy.set_up, book.policy.cool_down)
        for book in books
    }
    widest = window.widened(
        max((book.policy.set_up for book in books), default=timedelta(0)),
        max((book.policy.cool_down for book in books), default=timedelta(0)),
    )
    taken = _read_times(session, wide, widest, now=now)
    return {
        book.instrument.id: Calendar(
            taken=[one for one in taken[book.instrument.id] if one.blocked.overlaps(window)],
            closed=not_open(window, book.timetable),
            free=free_spans(
                book,
                wide[book.instrument.id],
                [one.blocked for one in taken[book.instrument.id]],
                now=now,
            ),
        )
        for book in books
    }


def find_alternatives(session: Session, book: Book, wanted: Slot, *, now: datetime) -> list[Slot]:
    """Return free slots of the wanted length near the wanted time."""
    window = wanted.widened(timedelta(days=2), timedelta(days=7))
    calendar = read_calendar(session, book, window, now=now)
    return offer_instead(wanted, calendar.free, book.policy)


def next_free(
    session: Session, books: Sequence[Book], *, now: datetime
) -> dict[InstrumentId, datetime | None]:
    """Return when each instrument next has room for its shortest slot; two queries at most."""
    found: dict[InstrumentId, datetime | None] = {}
    for ahead in LOOKS_AHEAD:
        waiting = [book for book in books if found.get(book.instrument.id) is None]
        if waiting:
            found |= _first_free(session, waiting, Slot(now, now + ahead), now=now)
    return found


def _first_free(
    session: Session, books: Sequence[Book], window: Slot, *, now: datetime
) -> dict[InstrumentId, datetime | None]:
    taken = _read_times(session, [book.instrument.id for book in books], window, now=now)
    return {
        book.instrument.id: first_start(
            free_spans(
                book,
                window.widened(book.policy.set_up, book.policy.cool_down),
                [one.blocked for one in taken[book.instrument.id]],
                now=now,
            )
        )
        for book in books
    }


def _known() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Reservation,
            *(Instrument.id, Instrument.code, Instrument.name_zh, Instrument.name_en),
            Instrument.location,
            *(Enterprise.id, Enterprise.name, Person.id, Person.display_name),
            Institution.time_zone,
        )
        .join(Instrument, Instrument.id == Reservation.instrument_id)
        .join(Institution, Institution.id == Reservation.institution_id)
        .join(Enterprise, Enterprise.id == Reservation.enterprise_id)
        .join(Person, Person.id == Reservation.holder_id)
    )


def _known_of(row: Sequence[Any]) -> Known:
    reservation, *named, time_zone = row
    return Known(
        reservation=reservation,
        instrument=KnownInstrument(*named[:5]),
        enterprise=KnownEnterprise(*named[5:7]),
        holder=KnownPerson(*named[7:]),
        time_zone=time_zone,
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
TRANSITIONS = (
    select(
        ReservationTransition.reservation_id,
        Person.display_name,
        ReservationTransition.from_state,
        ReservationTransition.to_state,
        ReservationTransition.at,
        ReservationTransition.reason,
    )
    .outerjoin(Person, Person.id == ReservationTransition.actor_id)
    .where(ReservationTransition.reservation_id == any_(bindparam("ids", type_=ARRAY(Uuid()))))
    .order_by(ReservationTransition.id)
)


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


def list_transitions(
    session: Session, reservation_ids: Sequence[ReservationId]
) -> dict[ReservationId, list[tuple[Step, str | None]]]:
    """Return each reservation's history with the names of who made it."""
    history: dict[ReservationId, list[tuple[Step, str | None]]] = defaultdict(list)
    rows = session.execute(TRANSITIONS, {"ids": list(reservation_ids)})
    for reservation_id, name, from_state, to_state, at, reason in rows:
        history[reservation_id].append((Step(from_state, to_state, at, reason), name))
    return history
