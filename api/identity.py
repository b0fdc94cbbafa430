"""Who is asking, and who may: each route declares it, and what declares nothing is refused."""

from typing import Annotated, Any

from fastapi import Depends, Request

from api.clock import Now
from directory.people.errors import NotAllowed, SignInRequired
from directory.people.service import Caller, find_caller
from directory.roles.rules import Role

COOKIE = "__Host-yixiang"
LOOPBACK_COOKIE = "yixiang"
"""Browsers take a `__Host-` cookie only with Secure, which plain http cannot give."""


def cookie_name(request: Request) -> str:
    return COOKIE if request.app.state.settings.cookie_secure else LOOPBACK_COOKIE


def read_caller(request: Request, now: Now) -> Caller | None:
    """Look the caller up in a session of its own, given back before the route takes one.

    Two connections held by one request would lock the pool up under load.
    """
    token = request.cookies.get(cookie_name(request))
    if not token:
        return None
    with request.app.state.session_factory.begin() as session:
        return find_caller(session, token=token, now=now)


MaybeCaller = Annotated[Caller | None, Depends(read_caller, scope="function")]


class Access:
    """A route's declaration of who may use it; tests read it from the route."""

    def __init__(self, roles: frozenset[Role] | None) -> None:
        self.roles = roles
        """None: anyone who is signed in."""

    def __call__(self, caller: MaybeCaller) -> Caller:
        if caller is None:
            raise SignInRequired
        if self.roles is not None and caller.roles.isdisjoint(self.roles):
            raise NotAllowed
        return caller


class PublicAccess:
    """The declaration that strangers are welcome; the caller may be known all the same."""

    def __call__(self, caller: MaybeCaller) -> Caller | None:
        return caller


def allow(*roles: Role) -> Any:  # noqa: ANN401 - FastAPI's own type for a dependency
    """Declare that a route is for these roles and nobody else."""
    return Depends(Access(frozenset(roles)), scope="function")


SignedIn = Annotated[Caller, Depends(Access(None), scope="function")]
Anyone = Annotated[Caller | None, Depends(PublicAccess(), scope="function")]
