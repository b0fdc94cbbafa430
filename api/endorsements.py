"""Routes of an enterprise that says yes before the lab is asked."""

from typing import Annotated

from pydantic import BaseModel

from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import SignedIn, allow
from api.reservation_acts import NeedsReasonBody, act
from api.reservation_views import ReservationView
from api.routing import Router
from booking.reservations import endorsing
from directory.enterprises.service import needs_endorsement, set_endorsement
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import ReservationId

router = Router(tags=["reservations"])

Administrator = Annotated[Caller, allow(Role.ENTERPRISE_ADMIN)]
Member = Annotated[Caller, allow(Role.MEMBER, Role.ENTERPRISE_ADMIN)]


class EndorsementSetting(BaseModel):
    is_needed: bool
    """Whether members' reservations need their administrator's yes before the lab sees them."""


@router.get("/enterprise/endorsement")
def read_endorsement(caller: Member, reading: ReadOnly) -> EndorsementSetting:
    """Tell whether one's enterprise is asked first."""
    return EndorsementSetting(is_needed=needs_endorsement(reading, caller))


@router.put("/enterprise/endorsement")
def put_endorsement(
    body: EndorsementSetting, caller: Administrator, now: Now, transaction: Transaction
) -> EndorsementSetting:
    """Say whether one's enterprise is asked first; what is reserved already stays as it is."""
    set_endorsement(transaction, is_needed=body.is_needed, by=caller, now=now)
    return body


@router.post("/reservations/{reservation_id}/endorse")
def endorse_reservation(
    reservation_id: ReservationId, caller: SignedIn, now: Now, transaction: Transaction
) -> ReservationView:
    """Say yes for one's enterprise: it goes on to the lab."""
    return act(
        transaction,
        caller,
        now,
        lambda: endorsing.endorse(transaction, reservation_id, by=caller, now=now),
    )


@router.post("/reservations/{reservation_id}/turn-down")
def turn_down_reservation(
    reservation_id: ReservationId,
    body: NeedsReasonBody,
    caller: SignedIn,
    now: Now,
    transaction: Transaction,
) -> ReservationView:
    """Say no for one's enterprise, with a reason; the lab is never asked."""
    return act(
        transaction,
        caller,
        now,
        lambda: endorsing.turn_down(
            transaction, reservation_id, by=caller, reason=body.reason, now=now
        ),
    )
