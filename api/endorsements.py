"""Routes of an enterprise that says yes before the lab is asked."""

from typing import Annotated

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import allow
from api.reservation_acts import NeedsReasonBody, On
from api.reservation_views import ReservationView
from api.routing import Router
from booking.reservations import endorsing
from directory.enterprises.service import needs_endorsement, set_endorsement
from directory.people.service import Caller
from directory.roles.rules import Role

router = Router(tags=["reservations"])

Administrator = Annotated[Caller, allow(Role.ENTERPRISE_ADMIN)]
Member = Annotated[Caller, allow(Role.MEMBER, Role.ENTERPRISE_ADMIN)]


class EndorsementSetting(Body):
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
def endorse_reservation(on: On) -> ReservationView:
    """Say yes for one's enterprise: it goes on to the lab."""
    return on.show(endorsing.endorse(on.transaction, on.reservation_id, by=on.caller, now=on.now))


@router.post("/reservations/{reservation_id}/turn-down")
def turn_down_reservation(body: NeedsReasonBody, on: On) -> ReservationView:
    """Say no for one's enterprise, with a reason; the lab is never asked."""
    return on.show(
        endorsing.turn_down(
            on.transaction, on.reservation_id, by=on.caller, reason=body.reason, now=on.now
        )
    )
