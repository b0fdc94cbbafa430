"""Routes under /reservations."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.idempotency import Once
from api.identity import SignedIn
from api.instruments import SlotBody
from api.paging import PAGE_MAX, read_cursor, read_id, read_instant, write_cursor
from api.reservation_views import ReservationView, see_reservations
from api.routing import Router
from billing.holds.service import set_aside_if_credit_allows
from booking.reservations import attending, cancelling, drafting, service
from booking.reservations.asking import Request
from booking.reservations.errors import ReservationNotFound
from booking.reservations.queries import find_known, list_known
from booking.reservations.service import slot_of
from booking.reservations.states import Mode, Presence, ReservationState
from directory.people.service import Caller
from foundation.identifiers import InstrumentId, PersonId, ReservationId

router = Router(prefix="/reservations", tags=["reservations"])


class WordsBody(SlotBody):
    """When, how and for what time is asked for."""

    purpose: str = ""
    answers: dict[str, Any] = Field(default_factory=dict)
    mode: Mode = Mode.SELF_OPERATED
    presence: Presence | None = None
    """Assisted use only: where the client will be meanwhile; present where nothing is said."""

    def parts(self) -> dict[str, Any]:
        """Return the parts of a Request that stand here."""
        return {
            "wish": self.wish(),
            "purpose": self.purpose,
            "answers": self.answers,
            "mode": self.mode,
            "presence": self.presence,
        }


class ReservationRequest(WordsBody):
    instrument_id: InstrumentId
    holder_id: PersonId | None = None
    """A colleague it is for; oneself where it is left out."""
    is_hold: bool = False
    """Only set it aside for a few minutes."""
    is_draft: bool = False
    """Only write it down, holding nothing."""

    def request(self) -> Request:
        return Request(instrument_id=self.instrument_id, **self.parts())


class CheckInRequest(Body):
    presence: Presence | None = None
    """How the client of an assisted use came, where that is not as they declared."""


class CancelRequest(Body):
    reason: str = Field(default="", max_length=500)


class ReservationPage(BaseModel):
    items: list[ReservationView]
    next_cursor: str | None


def see_one(
    session: Session,
    reservation_id: ReservationId,
    caller: Caller,
    now: Now,
    *,
    is_new: bool = False,
) -> ReservationView:
    session.flush()
    known = find_known(session, reservation_id, caller)
    if known is None:
        raise ReservationNotFound
    return see_reservations(session, [known], caller, now=now, is_new=is_new)[0]


@router.post("", status_code=201)
def create_reservation(
    body: ReservationRequest, caller: SignedIn, now: Now, transaction: Transaction, once: Once
) -> ReservationView:
    """Reserve time on an instrument; the same Idempotency-Key again gives the same answer."""

    def reserve() -> ReservationView:
        if body.is_draft:
            reservation = drafting.save_draft(
                transaction, body.request(), by=caller, now=now, holder_id=body.holder_id
            )
        else:
            reservation = service.reserve(
                transaction,
                body.request(),
                by=caller,
                now=now,
                holder_id=body.holder_id,
                is_hold=body.is_hold,
            )
        set_aside_if_credit_allows(transaction, reservation, now=now)
        return see_one(transaction, reservation.id, caller, now, is_new=True)

    return once.answer(transaction, body, ReservationView, reserve)


@router.get("")
def list_reservations(
    *,
    caller: SignedIn,
    reading: ReadOnly,
    now: Now,
    mine: bool = False,
    instrument_id: InstrumentId | None = None,
    state: Annotated[list[ReservationState] | None, Query()] = None,
    unseen: bool = False,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
) -> ReservationPage:
    """List what the caller may see, the latest slot first.

    `unseen`: slots that are over, neither used nor missed, for a technician to resolve.
    """
    before = None
    if cursor:
        starts_at, last_id = read_cursor(cursor, 2)
        before = (read_instant(starts_at), read_id(last_id))
    found = list_known(
        reading,
        caller,
        mine=mine,
        instrument_id=instrument_id,
        states=[ReservationState.RESERVED] if unseen else state or (),
        over_at=now if unseen else None,
        before=before,
        limit=limit + 1,
    )
    page, last = found[:limit], found[limit - 1].reservation if len(found) > limit else None
    return ReservationPage(
        items=see_reservations(reading, page, caller, now=now),
        next_cursor=write_cursor(slot_of(last).starts_at, last.id) if last else None,
    )


@router.get("/{reservation_id}")
def read_reservation(
    reservation_id: ReservationId, caller: SignedIn, reading: ReadOnly, now: Now
) -> ReservationView:
    """Show one reservation to those it concerns."""
    return see_one(reading, reservation_id, caller, now)


@router.post("/{reservation_id}/cancel")
def cancel_reservation(
    reservation_id: ReservationId,
    body: CancelRequest,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
) -> ReservationView:
    """Give the slot back."""
    cancelling.cancel(transaction, reservation_id, by=caller, reason=body.reason, now=now)
    return see_one(transaction, reservation_id, caller, now)


@router.post("/{reservation_id}/check-in")
def check_in(
    reservation_id: ReservationId,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
    body: CheckInRequest | None = None,
) -> ReservationView:
    """Say that one is there: the interlock opens until the slot ends."""
    presence = body.presence if body else None
    attending.check_in(transaction, reservation_id, by=caller, now=now, presence=presence)
    return see_one(transaction, reservation_id, caller, now)


@router.post("/{reservation_id}/end")
def end_reservation(
    reservation_id: ReservationId, caller: SignedIn, now: Now, transaction: Transaction
) -> ReservationView:
    """Leave: the interlock locks, and the rest of the slot is free for others."""
    attending.end(transaction, reservation_id, by=caller, now=now)
    return see_one(transaction, reservation_id, caller, now)
