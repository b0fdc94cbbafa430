"""Routes for signing in and out, and for who one is."""

from datetime import datetime
from typing import Self

from fastapi import Request, Response
from pydantic import BaseModel, Field, SecretStr
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction
from api.identity import (
    Anyone,
    Known,
    client_address,
    cookie_name,
    is_anothers_choice,
    lacks_second_factor,
)
from api.routing import Router
from directory.enterprises.tables import Enterprise
from directory.institutions.tables import Institution
from directory.people import service
from directory.people.service import SIGN_IN_LASTS, Browser, Caller
from directory.roles.rules import Role
from foundation.errors import DomainError
from foundation.identifiers import EnterpriseId, InstitutionId, PersonId
from foundation.logs import get_log

router = Router(tags=["people"])

MARK_COOKIE = "yixiang-known"
MARK_LASTS_S = 180 * 86_400
MARK_SHOWN = 16

log = get_log("sign-in")


class Credentials(Body):
    login: str = Field(min_length=1, max_length=100)
    password: SecretStr = Field(min_length=1, max_length=200)
    code: str | None = Field(default=None, max_length=40)
    """What the authenticator shows, or a recovery code; only where a second factor is set."""


class EnterpriseRef(BaseModel):
    id: EnterpriseId
    name: str

    @classmethod
    def of(cls, enterprise: Enterprise) -> Self:
        return cls(id=enterprise.id, name=enterprise.name)


class InstitutionRef(BaseModel):
    id: InstitutionId
    name_zh: str
    name_en: str

    @classmethod
    def of(cls, institution: Institution) -> Self:
        return cls(id=institution.id, name_zh=institution.name_zh, name_en=institution.name_en)


class PersonView(BaseModel):
    """Who is signed in, and for whom they act."""

    id: PersonId
    login: str
    display_name: str
    roles: list[Role]
    enterprise: EnterpriseRef | None
    institution: InstitutionRef | None
    by_provider: bool
    """Signed in by the provider's word, so that one may want to sign out there, too."""
    must_set_second_factor: bool
    """Nothing else is open to this person until a second factor is set."""
    must_change_password: bool
    """The same, until they choose one in place of what somebody else chose."""

    @classmethod
    def of(cls, session: Session, caller: Caller, request: Request) -> Self:
        enterprise = session.get(Enterprise, caller.enterprise_id) if caller.enterprise_id else None
        institution = (
            session.get(Institution, caller.institution_id) if caller.institution_id else None
        )
        return cls(
            id=caller.person_id,
            login=caller.login,
            display_name=caller.display_name,
            roles=sorted(caller.roles),
            enterprise=EnterpriseRef.of(enterprise) if enterprise else None,
            institution=InstitutionRef.of(institution) if institution else None,
            by_provider=caller.by_provider,
            must_set_second_factor=caller.scopes is None and lacks_second_factor(request, caller),
            must_change_password=is_anothers_choice(caller),
        )


@router.post("/sign-in")
def sign_in(
    body: Credentials,
    _caller: Anyone,
    request: Request,
    response: Response,
    now: Now,
    transaction: Transaction,
) -> PersonView:
    """Sign in; the answer sets the cookie that later requests carry."""
    throttle = request.app.state.throttle
    address, mark = client_address(request), request.cookies.get(MARK_COOKIE, "")
    # Who it was to be, without a name that may be a password typed into the wrong field.
    told = log.bind(account=throttle.mark_of(body.login)[:MARK_SHOWN], address=address)
    try:
        throttle.count_sign_in(login=body.login, address=address, mark=mark, now=now)
        end_former(transaction, request, now)
        caller, token = service.sign_in(
            transaction,
            login=body.login,
            password=body.password.get_secret_value(),
            code=body.code,
            browser=Browser(request.headers.get("user-agent", ""), address),
            now=now,
            ring=request.app.state.keys.ring,
        )
    except DomainError as refusal:
        told.warning("sign-in refused", code=refusal.code)
        raise
    told.info("signed in", person=str(caller.person_id))
    throttle.forgive(login=body.login, mark=mark)
    set_cookies(request, response, token=token, login=caller.login)
    return PersonView.of(transaction, caller, request)


def end_former(session: Session, request: Request, now: datetime) -> None:
    """End what this browser carried until now: whoever has a copy has nothing."""
    if token := request.cookies.get(cookie_name(request)):
        service.sign_out(session, token=token, now=now)


def set_cookies(request: Request, response: Response, *, token: str, login: str) -> None:
    """Let the browser carry the sign-in, and the mark that it belongs to the account's owner."""
    is_secure = request.app.state.settings.cookie_secure
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=int(SIGN_IN_LASTS.total_seconds()),
        path="/",
        httponly=True,
        secure=is_secure,
        samesite="lax",
    )
    response.set_cookie(
        MARK_COOKIE,
        request.app.state.throttle.mark_of(login),
        max_age=MARK_LASTS_S,
        path="/api/v1/sign-in",
        httponly=True,
        secure=is_secure,
        samesite="strict",
    )


@router.post("/sign-out", status_code=204)
def sign_out(
    _caller: Anyone, request: Request, response: Response, now: Now, transaction: Transaction
) -> None:
    """End this browser's sign-in."""
    end_former(transaction, request, now)
    response.delete_cookie(
        cookie_name(request),
        path="/",
        httponly=True,
        secure=request.app.state.settings.cookie_secure,
    )


@router.get("/me")
def read_me(caller: Known, reading: ReadOnly, request: Request) -> PersonView:
    """Tell the caller who they are to us."""
    return PersonView.of(reading, caller, request)


class DemoAccount(BaseModel):
    """A seeded person of the demo, password and all."""

    login: str
    password: str
    display_name: str
    role: Role


@router.get("/demo-accounts")
def list_demo_accounts(_caller: Anyone, request: Request) -> list[DemoAccount]:
    """Tell whom one may sign in as; empty everywhere but in the demo."""
    return list(request.app.state.demo_accounts)
