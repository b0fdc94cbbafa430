"""Routes for codes that prove a phone or a mailbox is one's own."""

from datetime import datetime
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field

from api.bodies import Body
from api.clock import Now
from api.database import Transaction
from api.identity import Anyone, client_address
from api.routing import Router
from directory.registrations import confirmations
from directory.registrations.confirmations import Channel

router = Router(prefix="/confirmations", tags=["registrations"])


class CodeAsked(Body):
    channel: Channel
    address: str = Field(min_length=3, max_length=254)


class ConfirmationView(BaseModel):
    id: UUID
    expires_at: datetime


@router.post("", status_code=201)
def ask_for_code(
    body: CodeAsked, _caller: Anyone, request: Request, now: Now, transaction: Transaction
) -> ConfirmationView:
    """Have a code sent to a phone or a mailbox."""
    state = request.app.state
    state.throttle.count_sign_in(login="", address=client_address(request), mark="", now=now)
    row = confirmations.ask(
        transaction, channel=body.channel, address=body.address, now=now, ring=state.keys.ring
    )
    return ConfirmationView(id=row.id, expires_at=row.expires_at)


class CodeGiven(Body):
    code: str = Field(min_length=6, max_length=6)


class ConfirmedView(BaseModel):
    confirmed: bool


@router.post("/{confirmation_id}")
def give_code(
    confirmation_id: UUID, body: CodeGiven, _caller: Anyone, now: Now, transaction: Transaction
) -> ConfirmedView:
    """Give the code that came; five tries, then a new one is needed."""
    is_right = confirmations.check(
        transaction, confirmation_id=confirmation_id, code=body.code, now=now
    )
    return ConfirmedView(confirmed=is_right)
