"""Routes that move a reservation on: the client's, the manager's and the technician's acts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from pydantic import Field
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import Transaction
from api.identity import SignedIn
from api.instruments import IsoTime, SlotBody
from api.reservation_views import ReservationView
from api.reservations import WordsBody, see_one
from api.routing import Router
from billing.holds.service import follow
from booking.reservations import (
    attending,
    changing,
    deciding,
    drafting,
    resolving,
    technicians,
)
from booking.reservations.errors import SlotRefused
from booking.reservations.rules import Wish, find_time_problems, parse_time
from booking.reservations.tables import Reservation
from directory.people.service import Caller
from foundation.identifiers import PersonId, ReservationId

router = Router(prefix="/reservations/{reservation_id}", tags=["reservations"])

Reason = Annotated[str, Field(default="", max_length=500)]


class ReasonBody(Body):
    reason: Reason


class NeedsReasonBody(Body):
    reason: str = Field(min_length=1, max_length=500)


class RetimeBody(SlotBody):
    reason: Reason


class ExtendBody(Body):
    ends_at: IsoTime


class PersonBody(Body):
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class OnReservation:
    """What every act on a reservation is done with."""

    reservation_id: ReservationId
    caller: Caller
    now: datetime
    transaction: Session

    def show(self, reservation: Reservation) -> ReservationView:
        """See to the money of what a verb made of it, and show what came of it."""
        follow(self.transaction, reservation, now=self.now)
        return see_one(self.transaction, reservation.id, self.caller, self.now)


async def on_reservation(
    reservation_id: ReservationId, caller: SignedIn, now: Now, transaction: Transaction
) -> OnReservation:
    return OnReservation(reservation_id, caller, now, transaction)


On = Annotated[OnReservation, Depends(on_reservation, scope="function")]


@router.post("/confirm")
def confirm_reservation(on: On) -> ReservationView:
    """Make a draft or a hold real."""
    return on.show(drafting.confirm(on.transaction, on.reservation_id, by=on.caller, now=on.now))


@router.post("/rewrite")
def rewrite_reservation(body: WordsBody, on: On) -> ReservationView:
    """Let a draft or a hold ask for something else of its instrument."""
    return on.show(
        drafting.rewrite(on.transaction, on.reservation_id, body.parts(), by=on.caller, now=on.now)
    )


@router.post("/approve")
def approve_reservation(on: On) -> ReservationView:
    """Agree, as the instrument's manager."""
    return on.show(deciding.approve(on.transaction, on.reservation_id, by=on.caller, now=on.now))


@router.post("/reject")
def reject_reservation(body: NeedsReasonBody, on: On) -> ReservationView:
    """Refuse, with a reason."""
    return on.show(
        deciding.reject(
            on.transaction, on.reservation_id, by=on.caller, reason=body.reason, now=on.now
        )
    )


@router.post("/retime")
def retime_reservation(body: RetimeBody, on: On) -> ReservationView:
    """Offer another time; the client answers."""
    return on.show(
        deciding.retime(
            on.transaction,
            on.reservation_id,
            body.wish(),
            by=on.caller,
            reason=body.reason,
            now=on.now,
        )
    )


@router.post("/accept-time")
def accept_time(on: On) -> ReservationView:
    """Say yes to the time that is offered."""
    return on.show(
        deciding.accept_time(on.transaction, on.reservation_id, by=on.caller, now=on.now)
    )


@router.post("/decline-time")
def decline_time(body: ReasonBody, on: On) -> ReservationView:
    """Say no to it; that costs nothing."""
    return on.show(
        deciding.decline_time(
            on.transaction, on.reservation_id, by=on.caller, reason=body.reason, now=on.now
        )
    )


@router.post("/move")
def move_reservation(body: SlotBody, on: On) -> ReservationView:
    """Give it another time, by the same policy as a new one."""
    return on.show(
        changing.reschedule(
            on.transaction, on.reservation_id, body.wish(), by=on.caller, now=on.now
        )
    )


@router.post("/extend")
def extend_reservation(body: ExtendBody, on: On) -> ReservationView:
    """Stay longer, if nobody comes next."""
    ends_at = parse_time(body.ends_at)
    problems = find_time_problems(Wish(on.now, ends_at))
    if ends_at is None or problems:
        raise SlotRefused(problems)
    return on.show(
        changing.extend(on.transaction, on.reservation_id, ends_at, by=on.caller, now=on.now)
    )


@router.post("/hand-over")
def hand_over_reservation(body: PersonBody, on: On) -> ReservationView:
    """Give it to a colleague."""
    return on.show(
        changing.hand_over(
            on.transaction, on.reservation_id, body.person_id, by=on.caller, now=on.now
        )
    )


@router.post("/technician")
def assign_technician(body: PersonBody, on: On) -> ReservationView:
    """Say who of the lab works the instrument."""
    return on.show(
        technicians.assign_technician(
            on.transaction, on.reservation_id, body.person_id, by=on.caller, now=on.now
        )
    )


@router.post("/samples")
def note_samples(on: On) -> ReservationView:
    """Note that the samples of an assisted use are there: its client need not come."""
    return on.show(
        technicians.note_samples(on.transaction, on.reservation_id, by=on.caller, now=on.now)
    )


class UnseenBody(Body):
    was_used: bool
    reason: str = Field(min_length=1, max_length=500)


@router.post("/resolve-unseen")
def resolve_unseen(body: UnseenBody, on: On) -> ReservationView:
    """Say what became of a slot that no device could watch: used, or given back at no cost."""
    return on.show(
        resolving.resolve_unseen(
            on.transaction,
            on.reservation_id,
            was_used=body.was_used,
            reason=body.reason,
            by=on.caller,
            now=on.now,
        )
    )


@router.post("/interrupt")
def interrupt_use(body: NeedsReasonBody, on: On) -> ReservationView:
    """End a use for a fault: only its good time counts."""
    return on.show(
        attending.interrupt(
            on.transaction, on.reservation_id, by=on.caller, reason=body.reason, now=on.now
        )
    )
