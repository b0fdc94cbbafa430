"""Questions of the kiosk: who is at the instrument, and who is next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.reservations.rules import Slot
from booking.reservations.states import AT_IT_STATES, ReservationState
from booking.reservations.tables import Reservation, as_slot
from directory.people.tables import Person
from foundation.identifiers import InstrumentId

SHOWN_AHEAD = timedelta(hours=24)
SHOWN_MAX = 6


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody's time at the instrument, as the wall may show it to all who pass by."""

    state: ReservationState
    slot: Slot
    who: str
    """The first sign of their name: enough to know oneself by."""


def list_turns(session: Session, instrument_id: InstrumentId, *, now: datetime) -> Sequence[Turn]:
    """Return who is at it now, even past their time, and who comes in the next day."""
    starts_at, ends_at = func.lower(Reservation.during), func.upper(Reservation.during)
    is_at_it = Reservation.state.in_(sorted(AT_IT_STATES))
    is_next = (Reservation.state == ReservationState.RESERVED) & (ends_at > now)
    rows = session.execute(
        select(Reservation.state, Reservation.during, Person.display_name)
        .join(Person, Person.id == Reservation.holder_id)
        .where(
            Reservation.instrument_id == instrument_id,
            is_at_it | is_next,
            starts_at < now + SHOWN_AHEAD,
        )
        .order_by(is_at_it.desc(), starts_at)
        .limit(SHOWN_MAX)
    )
    return [
        Turn(ReservationState(state), as_slot(during), f"{name[:1]}**")
        for state, during, name in rows
    ]
