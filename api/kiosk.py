"""Routes of the kiosk beside an instrument, and of one's number for it."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, SecretStr

from api.clock import Now
from api.database import Transaction, acting_for
from api.identity import Anyone, SignedIn
from api.reservation_views import ReservationView
from api.reservations import see_one
from booking.kiosk.service import check_in_here, check_pin, count_try, set_pin
from booking.labels.service import find_instrument_id
from directory.people.service import caller_of
from directory.people.tables import Person
from foundation.tenancy import enter, leave

router = APIRouter(tags=["kiosk"])


class PinBody(BaseModel):
    pin: SecretStr


@router.put("/me/pin", status_code=204)
def set_my_pin(body: PinBody, caller: SignedIn, now: Now, transaction: Transaction) -> None:
    """Set one's number for the kiosks."""
    set_pin(transaction, body.pin.get_secret_value(), by=caller, now=now)


class KioskBody(BaseModel):
    login: str = Field(min_length=1, max_length=100)
    pin: SecretStr


@router.post("/kiosk/{code}/check-in")
def check_in_at_kiosk(
    code: str, body: KioskBody, _caller: Anyone, request: Request, now: Now
) -> ReservationView:
    """Check in at the instrument itself, by name and PIN.

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
        reservation = check_in_here(session, instrument_id, by=caller, now=now)
        view = see_one(session, reservation.id, caller, now)
        leave(session)
    return view
