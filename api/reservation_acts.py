"""Routes that move a reservation on: the client's, the manager's and the technician's acts."""

from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, Field

from api.clock import Now
from api.database import Transaction
from api.identity import SignedIn
from api.instruments import IsoTime, SlotBody
from api.reservation_views import ReservationView
from api.reservations import see_one
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


class ReasonBody(BaseModel):
    reason: Reason


class NeedsReasonBody(BaseModel):
    reason: str = Field(min_length=1, max_length=500)


class RetimeBody(SlotBody):
    reason: Reason


class ExtendBody(BaseModel):
    ends_at: IsoTime


class PersonBody(BaseModel):
    person_id: PersonId


def act(
    transaction: Transaction, caller: Caller, now: Now, verb: Callable[[], Reservation]
) -> ReservationView:
    """Do one verb, see to its money, and show what came of it."""
    reservation = verb()
    follow(transaction, reservation, now=now)
    return see_one(transaction, reservation.id, caller, now)


@router.post("/confirm")
def confirm_reservation(
    reservation_id: ReservationId, caller: SignedIn, now: Now, transaction: Transaction
) -> ReservationView:
    """Make a draft or a hold real."""
    return act(
        transaction,
        caller,
        now,
        lambda: drafting.confirm(transaction, reservation_id, by=caller, now=now),
    )


@router.post("/approve")
def approve_reservation(
    reservation_id: ReservationId, caller: SignedIn, now: Now, transaction: Transaction
) -> ReservationView:
    """Agree, as the instrument's manager."""
    return act(
        transaction,
        caller,
        now,
        lambda: deciding.approve(transaction, reservation_id, by=caller, now=now),
    )


@router.post("/reject")
def reject_reservation(
    reservation_id: ReservationId,
    body: NeedsReasonBody,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
) -> ReservationView:
    """Refuse, with a reason."""
    return act(
        transaction,
        caller,
        now,
        lambda: deciding.reject(
            transaction, reservation_id, by=caller, reason=body.reason, now=now
        ),
    )


@router.post("/retime")
def retime_reservation(
    reservation_id: ReservationId,
    body: RetimeBody,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
) -> ReservationView:
    """Offer another time; the client answers."""
    return act(
        transaction,
        caller,
        now,
        lambda: deciding.retime(
            transaction, reservation_id, body.wish(), by=caller, reason=body.reason, now=now
        ),
    )


@router.post("/accept-time")
def accept_time(
    reservation_id: ReservationId, caller: SignedIn, now: Now, transaction: Transaction
) -> ReservationView:
    """Say yes to the time that is offered."""
    return act(
        transaction,
        caller,
        now,
        lambda: deciding.accept_time(transaction, reservation_id, by=caller, now=now),
    )


@router.post("/decline-time")
def decline_time(
    reservation_id: ReservationId,
    body: ReasonBody,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
) -> ReservationView:
    """Say no to it; that costs nothing."""
    return act(
        transaction,
        caller,
        now,
        lambda: deciding.decline_time(
            transaction, reservation_id, by=caller, reason=body.reason, now=now
        ),
    )


@router.post("/move")
def move_reservation(
    reservation_id: ReservationId,
    body: SlotBody,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
) -> ReservationView:
    """Give it another time, by the same policy as a new one."""
    return act(
        transaction,
        caller,
        now,
        lambda: changing.reschedule(transaction, reservation_id, body.wish(), by=caller, now=now),
    )


@router.post("/extend")
def extend_reservation(
    reservation_id: ReservationId,
    body: ExtendBody,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
) -> ReservationView:
    """Stay longer, if nobody comes next."""
    ends_at = parse_time(body.ends_at)
    problems = find_time_problems(Wish(now, ends_at))
    if ends_at is None or problems:
        raise SlotRefused(problems)
    until = ends_at
    return act(
        transaction,
        caller,
        now,
        lambda: changing.extend(transaction, reservation_id, until, by=caller, now=now),
    )


@router.post("/hand-over")
def hand_over_reservation(
    reservation_id: ReservationId,
    body: PersonBody,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
) -> ReservationView:
    """Give it to a colleague."""
    return act(
        transaction,
        caller,
        now,
        lambda: changing.hand_over(transaction, reservation_id, body.person_id, by=caller, now=now),
    )


@router.post("/technician")
def assign_technician(
    reservation_id: ReservationId,
    body: PersonBody,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
) -> ReservationView:
    """Say who of the lab works the instrument."""
    return act(
        transaction,
        caller,
        now,
        lambda: technicians.assign_technician(
            transaction, reservation_id, body.person_id, by=caller, now=now
        ),
    )


@router.post("/samples")
def note_samples(
    reservation_id: ReservationId, caller: SignedIn, now: Now, transaction: Transaction
) -> ReservationView:
    """Note that the samples of an assisted use are there: its client need not come."""
    return act(
        transaction,
        caller,
        now,
        lambda: technicians.note_samples(transaction, reservation_id, by=caller, now=now),
    )


class UnseenBody(BaseModel):
    was_used: bool
    reason: str = Field(min_length=1, max_length=500)


@router.post("/resolve-unseen")
def resolve_unseen(
    reservation_id: ReservationId,
    body: UnseenBody,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
) -> ReservationView:
    """Say what became of a slot that no device could watch: used, or given back at no cost."""
    return act(
        transaction,
        caller,
        now,
        lambda: resolving.resolve_unseen(
            transaction,
            reservation_id,
            was_used=body.was_used,
            reason=body.reason,
            by=caller,
            now=now,
        ),
    )


@router.post("/interrupt")
def interrupt_use(
    reservation_id: ReservationId,
    body: NeedsReasonBody,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
) -> ReservationView:
    """End a use for a fault: only its good time counts."""
    return act(
        transaction,
        caller,
        now,
        lambda: attending.interrupt(
            transaction, reservation_id, by=caller, reason=body.reason, now=now
        ),
    )
