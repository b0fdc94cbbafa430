"""Routes for one's own account: password, second factor, devices, access tokens."""

import base64
import io
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self
from uuid import UUID

import segno
from fastapi import Request
from pydantic import BaseModel, Field, SecretStr

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import InPerson, Unproven
from api.routing import Router
from directory.people import own_password, second_factor, sign_ins, tokens
from directory.people.errors import ScopeUnknown
from directory.people.password_rules import PasswordPolicy
from directory.people.tables import AccessToken, SignIn
from directory.people.totp import address_for_apps

router = Router(prefix="/me", tags=["account"])

Code = Annotated[str, Field(min_length=6, max_length=40)]


class PasswordChange(Body):
    former: SecretStr = Field(min_length=1, max_length=200)
    password: SecretStr = Field(min_length=1, max_length=200)


@router.post("/password", status_code=204)
def change_password(
    body: PasswordChange, caller: Unproven, request: Request, now: Now, transaction: Transaction
) -> None:
    """Change one's password; every other sign-in ends."""
    state = request.app.state
    state.throttle.count_sign_in(login=caller.login, address="", mark="", now=now)
    own_password.change_password(
        transaction,
        caller=caller,
        former=body.former.get_secret_value(),
        password=body.password.get_secret_value(),
        policy=PasswordPolicy(state.settings.password_policy),
        now=now,
    )


class SecondFactorView(BaseModel):
    is_set: bool
    recovery_codes_left: int


class SecondFactorOffer(BaseModel):
    """What an authenticator app needs; shown this once."""

    secret: str
    address: str
    qr_svg: str


class CodeRequest(Body):
    code: Code


class RecoveryCodes(BaseModel):
    recovery_codes: list[str]


@router.get("/second-factor")
def read_second_factor(caller: Unproven, reading: ReadOnly) -> SecondFactorView:
    """Tell whether a second factor is set."""
    state = second_factor.state_of(reading, caller.person_id)
    return SecondFactorView(is_set=state.is_set, recovery_codes_left=state.recovery_codes_left)


@router.post("/second-factor", status_code=201)
def begin_second_factor(
    caller: Unproven, request: Request, now: Now, transaction: Transaction
) -> SecondFactorOffer:
    """Make a secret for one's authenticator; a code of it sets it."""
    secret = second_factor.begin(
        transaction, person_id=caller.person_id, now=now, ring=request.app.state.keys.ring
    )
    address = address_for_apps(secret, login=caller.login)
    picture = io.BytesIO()
    segno.make(address, error="m").save(picture, kind="svg", scale=4, xmldecl=False)
    return SecondFactorOffer(
        secret=base64.b32encode(secret).decode(),
        address=address,
        qr_svg=picture.getvalue().decode(),
    )


@router.post("/second-factor/confirm")
def confirm_second_factor(
    body: CodeRequest, caller: Unproven, request: Request, now: Now, transaction: Transaction
) -> RecoveryCodes:
    """Set the second factor, and give the recovery codes, shown this once."""
    codes = second_factor.confirm(
        transaction,
        person_id=caller.person_id,
        code=body.code,
        now=now,
        ring=request.app.state.keys.ring,
    )
    sign_ins.prove_sign_in(transaction, caller=caller, now=now)
    return RecoveryCodes(recovery_codes=codes)


@router.post("/second-factor/turn-off", status_code=204)
def turn_off_second_factor(
    body: CodeRequest, caller: InPerson, request: Request, now: Now, transaction: Transaction
) -> None:
    """Remove one's second factor, with a code of it; roles that need one must set a new one."""
    request.app.state.throttle.count_sign_in(login=caller.login, address="", mark="", now=now)
    second_factor.turn_off(
        transaction,
        person_id=caller.person_id,
        code=body.code,
        now=now,
        ring=request.app.state.keys.ring,
    )
    sign_ins.end_all_sign_ins(transaction, person_id=caller.person_id, now=now)


class SignInView(BaseModel):
    """One browser that is signed in."""

    id: UUID
    user_agent: str
    address: str
    created_at: datetime
    last_seen_at: datetime | None
    expires_at: datetime
    with_second_factor: bool
    by_provider: bool
    is_this: bool

    @classmethod
    def of(cls, row: SignIn, this: UUID | None) -> Self:
        return cls(
            id=row.id,
            user_agent=row.user_agent,
            address=row.address,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            with_second_factor=row.with_second_factor,
            by_provider=row.linked_account_id is not None,
            is_this=row.id == this,
        )


class SignInList(BaseModel):
    items: list[SignInView]


class EndedView(BaseModel):
    ended: int


@router.get("/sign-ins")
def list_sign_ins(caller: Unproven, request: Request, reading: ReadOnly, now: Now) -> SignInList:
    """List where one is signed in."""
    idle_limit = request.app.state.settings.idle_limit
    rows = sign_ins.list_sign_ins(
        reading, person_id=caller.person_id, now=now, idle_limit=idle_limit
    )
    return SignInList(items=[SignInView.of(row, caller.sign_in_id) for row in rows])


@router.delete("/sign-ins/{sign_in_id}", status_code=204)
def end_sign_in(sign_in_id: UUID, caller: Unproven, transaction: Transaction, now: Now) -> None:
    """End one of one's own sign-ins."""
    sign_ins.end_sign_in(transaction, person_id=caller.person_id, sign_in_id=sign_in_id, now=now)


@router.post("/sign-ins/end-all")
def end_all_sign_ins(caller: Unproven, transaction: Transaction, now: Now) -> EndedView:
    """Sign out everywhere at once, here too."""
    ended = sign_ins.sign_out_everywhere(transaction, person_id=caller.person_id, now=now)
    return EndedView(ended=ended)


class TokenRequest(Body):
    name: str = Field(min_length=1, max_length=100)
    scopes: list[Annotated[str, Field(max_length=60)]] = Field(min_length=1, max_length=60)
    lasts_days: Literal[1, 7, 30, 90, 365] = 30


class TokenView(BaseModel):
    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, token: AccessToken) -> Self:
        return cls(
            id=token.id,
            name=token.name,
            scopes=[str(scope) for scope in token.scopes],
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
        )


class MadeToken(TokenView):
    """A token just made: its text is shown this once."""

    token: str = ""


class TokenList(BaseModel):
    items: list[TokenView]
    scopes: list[str]
    """Every scope there is."""


@router.get("/tokens")
def list_tokens(caller: InPerson, request: Request, reading: ReadOnly, now: Now) -> TokenList:
    """List one's access tokens, and the scopes a new one may have."""
    rows = tokens.list_tokens(reading, person_id=caller.person_id, now=now)
    return TokenList(
        items=[TokenView.of(row) for row in rows], scopes=sorted(request.app.state.scopes)
    )


@router.post("/tokens", status_code=201)
def make_token(
    body: TokenRequest, caller: InPerson, request: Request, now: Now, transaction: Transaction
) -> MadeToken:
    """Make an access token for a program, within the scopes named."""
    if not request.app.state.scopes.issuperset(body.scopes):
        raise ScopeUnknown
    row, text = tokens.make_token(
        transaction,
        person_id=caller.person_id,
        name=body.name,
        scopes=body.scopes,
        lasts=timedelta(days=body.lasts_days),
        now=now,
    )
    return MadeToken(**TokenView.of(row).model_dump(), token=text)


@router.delete("/tokens/{token_id}", status_code=204)
def revoke_token(token_id: UUID, caller: InPerson, transaction: Transaction, now: Now) -> None:
    """End one of one's own tokens at once."""
    tokens.revoke_token(transaction, person_id=caller.person_id, token_id=token_id, now=now)
