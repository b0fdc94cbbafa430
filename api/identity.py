"""Who is asking, and who may: each route declares it, and what declares nothing is refused."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from api.clock import Now
from directory.people.errors import (
    NotAllowed,
    OnlyInPerson,
    PasswordExpired,
    ScopeMissing,
    SecondFactorMissing,
    SignInIdle,
    SignInRequired,
)
from directory.people.password_rules import PasswordPolicy, has_expired
from directory.people.service import Caller, find_caller
from directory.people.tokens import PREFIX, find_token_caller
from directory.roles.rules import Role
from directory.stations.service import clients_of

COOKIE = "__Host-yixiang"
LOOPBACK_COOKIE = "yixiang"
"""Browsers take a `__Host-` cookie only with Secure, which plain http cannot give."""
SAFE_METHODS = frozenset({"GET", "HEAD"})


def cookie_name(request: Request) -> str:
    return COOKIE if request.app.state.settings.cookie_secure else LOOPBACK_COOKIE


def client_address(request: Request) -> str:
    return request.client.host if request.client else ""


def read_caller(request: Request, now: Now) -> Caller | None:
    """Look the caller up, and leave them with the request for all that needs no turn of its own."""
    caller = find(request, now)
    request.state.caller = caller
    return caller


def find(request: Request, now: datetime) -> Caller | None:
    """Look the caller up in a session of its own, given back before the route takes one.

    Two connections held by one request would lock the pool up under load.
    """
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        if not bearer.startswith(PREFIX):
            return None
        with request.app.state.session_factory.begin() as session:
            return with_clients(session, find_token_caller(session, text=bearer, now=now), now)
    token = request.cookies.get(cookie_name(request))
    if not token:
        return None
    try:
        with request.app.state.session_factory.begin() as session:
            caller = find_caller(
                session,
                token=token,
                now=now,
                idle_limit=request.app.state.settings.idle_limit,
                is_attended=is_attended(request),
            )
            return with_clients(session, caller, now)
    except SignInIdle as idle:
        request.state.absence = idle
        return None


def caller_of_request(request: Request) -> Caller | None:
    """Return whom the route's declaration of access found; nobody where it asked nobody."""
    found: Caller | None = getattr(request.state, "caller", None)
    return found


def is_attended(request: Request) -> bool:
    """Whether somebody is there: pages say when they ask by themselves, and streams always do."""
    headers = request.headers
    return "x-unattended" not in headers and "text/event-stream" not in headers.get("accept", "")


def with_clients(session: Session, caller: Caller | None, now: datetime) -> Caller | None:
    """Add the enterprises that entrusted the caller's station."""
    if caller is None or caller.station_id is None:
        return caller
    return replace(caller, clients=clients_of(session, caller.station_id, now=now))


MaybeCaller = Annotated[Caller | None, Depends(read_caller, scope="function")]


def scope_of(request: Request) -> str:
    """Return the scope a token needs for this request: `reservations:write`."""
    tags = getattr(request.scope.get("route"), "tags", None) or ["api"]
    return f"{tags[0]}:{'read' if request.method in SAFE_METHODS else 'write'}"


def count_request(request: Request, caller: Caller | None, now: Now) -> None:
    """Count the request against the caller's, or the address's, limit for this route."""
    route = getattr(request.scope.get("route"), "path", "")
    request.app.state.throttle.count_request(
        caller=str(caller.person_id) if caller else client_address(request),
        route=f"{request.method} {route}",
        now=now,
    )


class Access:
    """A route's declaration of who may use it; tests read it from the route."""

    def __init__(
        self,
        roles: frozenset[Role] | None,
        *,
        in_person: bool = False,
        while_unproven: bool = False,
    ) -> None:
        self.roles = roles
        """None: anyone who is signed in."""
        self.in_person = in_person
        """Not by an access token, whatever its scopes."""
        self.while_unproven = while_unproven
        """Also before a required second factor is set or an expired password changed."""

    # Async, as it only looks at what is in memory: nothing to send to a thread for.
    async def __call__(self, request: Request, caller: MaybeCaller, now: Now) -> Caller:
        if caller is None:
            raise getattr(request.state, "absence", None) or SignInRequired()
        count_request(request, caller, now)
        if caller.scopes is not None:
            if self.in_person:
                raise OnlyInPerson
            if scope_of(request) not in caller.scopes:
                raise ScopeMissing
        if not self.while_unproven:
            require_proof(request, caller, now)
        if self.roles is not None and caller.roles.isdisjoint(self.roles):
            raise NotAllowed
        return caller


def require_proof(request: Request, caller: Caller, now: Now) -> None:
    """Refuse who signed in with less than the deployment asks of their role."""
    settings = request.app.state.settings
    if not caller.with_second_factor and lacks_second_factor(request, caller):
        raise SecondFactorMissing
    policy = PasswordPolicy(settings.password_policy)
    # How old a password is says nothing of who came without it.
    if caller.by_provider or caller.scopes is not None:
        return
    changed_at = caller.password_changed_at
    if is_anothers_choice(caller) or (changed_at and has_expired(changed_at, now, policy)):
        raise PasswordExpired


def is_anothers_choice(caller: Caller) -> bool:
    """Whether they came by a password that somebody else chose for them."""
    return caller.must_change_password and caller.scopes is None and not caller.by_provider


def lacks_second_factor(request: Request, caller: Caller) -> bool:
    needed: frozenset[str] = request.app.state.settings.roles_with_second_factor
    return not caller.with_second_factor and not caller.roles.isdisjoint(needed)


class PublicAccess:
    """The declaration that strangers are welcome; the caller may be known all the same."""

    async def __call__(self, request: Request, caller: MaybeCaller, now: Now) -> Caller | None:
        count_request(request, caller, now)
        return caller


def allow(*roles: Role) -> Any:  # noqa: ANN401 - FastAPI's own type for a dependency
    """Declare that a route is for these roles and nobody else."""
    return Depends(Access(frozenset(roles)), scope="function")


def allow_in_person(*roles: Role) -> Any:  # noqa: ANN401 - likewise
    """Declare that a route is for these roles, signed in by a browser."""
    return Depends(Access(frozenset(roles), in_person=True), scope="function")


SignedIn = Annotated[Caller, Depends(Access(None), scope="function")]
InPerson = Annotated[Caller, Depends(Access(None, in_person=True), scope="function")]
"""Signed in by a browser: for what guards the account itself."""
Known = Annotated[Caller, Depends(Access(None, while_unproven=True), scope="function")]
"""Who is asking, whatever they have still to prove; by a browser or a token."""
Unproven = Annotated[
    Caller, Depends(Access(None, in_person=True, while_unproven=True), scope="function")
]
"""By a browser, also who has still to set up a second factor or to change an expired password."""
Anyone = Annotated[Caller | None, Depends(PublicAccess(), scope="function")]
