"""Routes of the kiosk beside an instrument, and of one's number for it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Self

from fastapi import Path, Request
from pydantic import BaseModel, Field, SecretStr
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import Transaction, acting_for
from api.identity import Anyone, SignedIn
from api.instrument_views import LiveView
from api.reservation_views import InstrumentRef, ReservationView
from api.reservations import see_one
from api.routing import Router
from booking.instruments.live import read_live
from booking.instruments.tables import Instrument
from booking.kiosk.queries import Turn, list_turns
from booking.kiosk.service import check_in_here, check_pin, count_try, end_here, set_pin
from booking.labels.service import find_instrument_id
from booking.reservations.states import CHECK_IN_OPENS, ReservationState
from booking.reservations.tables import Reservation
from directory.institutions.tables import Institution
from directory.people.service import Caller, caller_of
from directory.people.tables import Person
from foundation.identifiers import InstrumentId
from foundation.tenancy import enter, leave

router = Router(tags=["kiosk"])

PIN_TYPED_MAX = 20
"""Longer than any number: to look at more would only cost time."""

Code = Annotated[str, Path(max_length=20)]


class PinBody(Body):
    pin: SecretStr = Field(max_length=PIN_TYPED_MAX)


@router.put("/me/pin", status_code=204)
def set_my_pin(body: PinBody, caller: SignedIn, now: Now, transaction: Transaction) -> None:
    """Set one's number for the kiosks."""
    set_pin(transaction, body.pin.get_secret_value(), by=caller, now=now)


class TurnView(BaseModel):
    """Somebody's time at the instrument; their name is only hinted at."""

    state: ReservationState
    starts_at: datetime
    ends_at: datetime
    check_in_opens_at: datetime
    who: str

    @classmethod
    def of(cls, turn: Turn) -> Self:
        return cls(
            state=turn.state,
            starts_at=turn.slot.starts_at,
            ends_at=turn.slot.ends_at,
            check_in_opens_at=turn.slot.starts_at - CHECK_IN_OPENS,
            who=turn.who,
        )


class KioskView(BaseModel):
    """What the tablet beside an instrument shows to all who pass by."""

    instrument: InstrumentRef
    condition: str
    live: LiveView | None
    turns: list[TurnView]
    """Who is at it, then who is next, within a day."""


@router.get("/kiosk/{code}")
def read_kiosk(code: Code, _caller: Anyone, request: Request, now: Now) -> KioskView:
    """Show the instrument, who is at it and who is next."""
    with request.app.state.session_factory.begin() as session:
        instrument = session.get_one(Instrument, find_instrument_id(session, code))
        institution = session.get_one(Institution, instrument.institution_id)
        return KioskView(
            instrument=InstrumentRef(
                id=instrument.id,
                code=instrument.code,
                name_zh=instrument.name_zh,
                name_en=instrument.name_en,
                location=instrument.location,
                time_zone=institution.time_zone,
            ),
            condition=instrument.condition,
            live=LiveView.of(read_live(session, [instrument.id]).get(instrument.id)),
            turns=[TurnView.of(turn) for turn in list_turns(session, instrument.id, now=now)],
        )


class KioskBody(Body):
    login: str = Field(min_length=1, max_length=100)
    pin: SecretStr = Field(max_length=PIN_TYPED_MAX)


Verb = Callable[[Session, InstrumentId, Caller], Reservation]


def act_at(
    request: Request, code: str, body: KioskBody, now: datetime, verb: Verb
) -> ReservationView:
    """Do something as whoever knows the name and the PIN; nobody stays signed in by it.

    The try is counted and committed first: a refusal may not take it back.
    """
    sessions = request.app.state.session_factory
    with sessions.begin() as session:
        instrument_id = find_instrument_id(session, code)
        person_id = count_try(session, body.login)
    with sessions.begin() as session:
        check_pin(session, person_id, body.pin.get_secret_value())
        caller = caller_of(session.get_one(Person, person_id))
    with sessions.begin() as session:
        enter(session, acting_for(caller))
        reservation = verb(session, instrument_id, caller)
        view = see_one(session, reservation.id, caller, now)
        leave(session)
    return view


@router.post("/kiosk/{code}/check-in")
def check_in_at_kiosk(
    code: Code, body: KioskBody, _caller: Anyone, request: Request, now: Now
) -> ReservationView:
    """Check in at the instrument itself, by name and PIN."""
    return act_at(
        request,
        code,
        body,
        now,
        lambda session, key, caller: check_in_here(session, key, by=caller, now=now),
    )


@router.post("/kiosk/{code}/end")
def end_at_kiosk(
    code: Code, body: KioskBody, _caller: Anyone, request: Request, now: Now
) -> ReservationView:
    """Leave the instrument, by name and PIN."""
    return act_at(
        request,
        code,
        body,
        now,
        lambda session, key, caller: end_here(session, key, by=caller, now=now),
    )
