"""What an occasion to tell somebody something is, and how one is told from another."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, String, cast, exists, literal, select
from sqlalchemy.orm import Session

from booking.instruments.tables import Instrument
from booking.notices.rules import Facts, Kind
from booking.reservations.tables import Reservation, as_slot
from directory.institutions.tables import Institution
from directory.notices.tables import Notice
from foundation.identifiers import PersonId, ReservationId

BATCH = 200
FRESH = timedelta(days=2)
"""What nobody was told of within this is no news any more."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something to tell one person, by a name that nothing else has."""

    name: str
    kind: Kind
    person_id: PersonId
    reservation_id: ReservationId | None
    facts: Facts


Find = Callable[[Session, datetime], list[Occasion]]


def untold(name: ColumnElement[str], person: Any) -> ColumnElement[bool]:  # noqa: ANN401
    return ~exists().where(Notice.occasion == name, Notice.person_id == person)


def name_of(prefix: str, *parts: Any) -> ColumnElement[str]:  # noqa: ANN401 - columns of many types
    named: ColumnElement[str] = literal(prefix, String)
    for part in parts:
        named = named + ":" + cast(part, String)
    return named


def about(*columns: Any) -> Select[Any]:  # noqa: ANN401
    """Select a reservation with its instrument, its zone, and what else is asked for."""
    return (
        select(Reservation, Instrument, Institution.time_zone, *columns)
        .join(Instrument, Instrument.id == Reservation.instrument_id)
        .join(Institution, Institution.id == Reservation.institution_id)
    )


def facts_of(
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
