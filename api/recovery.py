"""The way back for who forgot their password."""

from uuid import UUID

from fastapi import Request
from pydantic import Field, SecretStr

from api.bodies import Body
from api.clock import Now
from api.database import Transaction
from api.identity import Anyone, client_address
from api.routing import Router
from api.sign_in import MARK_COOKIE
from directory.people.password_rules import PasswordPolicy
from directory.registrations import recovering
from directory.registrations.confirmations import Channel

router = Router(tags=["people"])


class RecoveryRequest(Body):
    login: str = Field(min_length=1, max_length=100)
    channel: Channel
    address: str = Field(min_length=3, max_length=254)
    """The phone or mailbox that was confirmed just now, and belongs to the account."""
    confirmation_id: UUID
    password: SecretStr = Field(min_length=1, max_length=200)
    code: str | None = Field(default=None, max_length=40)
    """Of the second factor, where one is set."""


@router.post("/password-recovery", status_code=204)
def recover_password(
    body: RecoveryRequest, _caller: Anyone, request: Request, now: Now, transaction: Transaction
) -> None:
    """Set a new password by a code to one's own phone or mailbox; every sign-in ends."""
    state = request.app.state
    address, mark = client_address(request), request.cookies.get(MARK_COOKIE, "")
    state.throttle.count_sign_in(login=body.login, address=address, mark=mark, now=now)
    recovering.recover(
        transaction,
        login=body.login,
        channel=body.channel,
        address=body.address,
        confirmation_id=body.confirmation_id,
        password=body.password.get_secret_value(),
        code=body.code,
        policy=PasswordPolicy(state.settings.password_policy),
        now=now,
        ring=state.keys.ring,
    )
