"""Routes for signing in by an OpenID provider.

A browser goes there by an address we give it and comes back to a page of ours, which hands
over what it brought. Each network call lies between two transactions, never inside one.
"""

from typing import Literal

from fastapi import Request, Response
from pydantic import BaseModel, Field

from api.bodies import Body
from api.clock import Now
from api.database import acting_as
from api.identity import Anyone, caller_of_request, client_address
from api.routing import Router
from api.sign_in import MARK_COOKIE, PersonView, end_former, set_cookies
from directory.people.service import Browser, Caller
from directory.provider import service
from directory.provider.client import Identity, Provider
from directory.provider.errors import ProviderNotOffered, ProviderRefused, TripUnknown
from directory.provider.rules import PATH_LENGTH_MAX, TRIP_LASTS, Marks
from directory.provider.service import Link, Trip

router = Router(prefix="/sign-in/provider", tags=["people"])

TRIP_COOKIE = "__Host-yixiang-trip"
LOOPBACK_TRIP_COOKIE = "yixiang-trip"


class ProviderView(BaseModel):
    """Whether one may sign in by a provider, and what it is called."""

    is_offered: bool
    name_zh: str
    name_en: str


@router.get("")
def read_provider(_caller: Anyone, request: Request) -> ProviderView:
    """Tell whether there is another platform to sign in by."""
    settings = request.app.state.settings
    return ProviderView(
        is_offered=request.app.state.provider.is_offered,
        name_zh=settings.oidc_name_zh,
        name_en=settings.oidc_name_en,
    )


class TripRequest(Body):
    to: str = Field(default="/", max_length=PATH_LENGTH_MAX)
    """A path of ours to come back to."""


class TripView(BaseModel):
    address: str
    """Where the browser goes now, at the provider."""


@router.post("/trips", status_code=201)
def set_out(
    body: TripRequest, _caller: Anyone, request: Request, response: Response, now: Now
) -> TripView:
    """Begin to sign in: remember this browser, and say where it goes."""
    return begin_trip(request, response, to=body.to, now=now)


def begin_trip(
    request: Request, response: Response, *, to: str, now: Now, caller: Caller | None = None
) -> TripView:
    """Bind a trip to this browser. `caller`: whose account is to be linked at its end."""
    count_try(request, now)
    secret = service.new_secret()
    address = find_provider(request).way_out(Marks.of(secret), now=now)
    linking = caller.sign_in_id if caller else None
    with acting_as(request, caller) as session:
        service.begin_trip(session, secret=secret, to=to, linking=linking, now=now)
    response.set_cookie(
        trip_cookie(request),
        secret,
        max_age=int(TRIP_LASTS.total_seconds()),
        path="/",
        httponly=True,
        secure=request.app.state.settings.cookie_secure,
        samesite="lax",
    )
    return TripView(address=address)


class ReturnRequest(Body):
    """What the provider sent along with the browser."""

    state: str = Field(max_length=200)
    code: str | None = Field(default=None, max_length=4000)
    iss: str | None = Field(default=None, max_length=2000)
    error: str | None = Field(default=None, max_length=200)


class ArrivalView(BaseModel):
    """What became of a trip."""

    outcome: Literal["signed_in", "second_factor", "unknown", "linked"]
    """`second_factor`: a code is wanted next. `unknown`: no account is linked to this identity."""
    to: str
    person: PersonView | None = None
    display_name: str = ""
    """What the provider calls somebody unknown, to begin a registration with."""


@router.post("/return")
def come_back(
    body: ReturnRequest, caller: Anyone, request: Request, response: Response, now: Now
) -> ArrivalView:
    """Take what the provider sent along, once, and judge all of it."""
    provider = find_provider(request)
    count_try(request, now)
    secret = request.cookies.get(trip_cookie(request), "")
    with acting_as(request, caller) as session:
        trip = service.claim_trip(session, secret=secret, state=body.state, now=now)
    if trip.linking is not None and (caller is None or caller.sign_in_id != trip.linking):
        raise TripUnknown
    if body.error or not body.code:
        raise ProviderRefused
    identity = provider.identify(code=body.code, issuer=body.iss, marks=Marks.of(secret), now=now)
    if trip.linking is not None and caller is not None:
        with acting_as(request, caller) as session:
            service.link_account(session, caller=caller, identity=identity, now=now)
        forget_trip(request, response)
        return ArrivalView(outcome="linked", to=trip.to)
    return arrive(request, response, trip=trip, identity=identity, secret=secret, now=now)


def arrive(
    request: Request,
    response: Response,
    *,
    trip: Trip,
    identity: Identity,
    secret: str,
    now: Now,
) -> ArrivalView:
    """Sign in whom the identity is linked to, or say what is wanting."""
    with request.app.state.session_factory.begin() as session:
        link = service.find_link(session, identity)
    if link is None:
        forget_trip(request, response)
        return ArrivalView(outcome="unknown", to=trip.to, display_name=identity.display_name)
    with acting_as(request, None) as session:
        if service.is_second_factor_wanted(session, link, identity):
            service.wait_for_second_factor(session, secret=secret, link=link, to=trip.to, now=now)
            return ArrivalView(outcome="second_factor", to=trip.to)
    return admit(
        request,
        response,
        link=link,
        to=trip.to,
        secret=secret,
        by_provider=identity.with_second_factor,
        now=now,
    )


class CodeGiven(Body):
    code: str = Field(min_length=6, max_length=40)


@router.post("/second-factor")
def give_second_factor(
    body: CodeGiven, _caller: Anyone, request: Request, response: Response, now: Now
) -> ArrivalView:
    """Give the code that is wanted after the provider's answer."""
    find_provider(request)
    secret = request.cookies.get(trip_cookie(request), "")
    with request.app.state.session_factory.begin() as session:
        link, to = service.find_proven(session, secret=secret, now=now)
    count_try(request, now, login=link.login)
    return admit(request, response, link=link, to=to, secret=secret, code=body.code, now=now)


def admit(
    request: Request,
    response: Response,
    *,
    link: Link,
    to: str,
    secret: str,
    code: str | None = None,
    by_provider: bool = False,
    now: Now,
) -> ArrivalView:
    """Open the sign-in, and let the browser carry it."""
    browser = Browser(request.headers.get("user-agent", ""), client_address(request))
    with acting_as(request, caller_of_request(request)) as session:
        end_former(session, request, now)
        caller, token = service.sign_in_by_provider(
            session,
            link,
            secret=secret,
            browser=browser,
            code=code,
            by_provider=by_provider,
            now=now,
            ring=request.app.state.keys.ring,
        )
        person = PersonView.of(session, caller, request)
    forgive(request, login=link.login)
    set_cookies(request, response, token=token, login=link.login)
    forget_trip(request, response)
    return ArrivalView(outcome="signed_in", to=to, person=person)


class SignOutView(BaseModel):
    address: str | None
    """Where one signs out of the provider, too; none: it has no such page."""


@router.get("/sign-out")
def read_sign_out(_caller: Anyone, request: Request, now: Now) -> SignOutView:
    """Tell where to sign out of the provider itself; signing out here does not do it."""
    return SignOutView(address=find_provider(request).sign_out_address(now=now))


def find_provider(request: Request) -> Provider:
    provider: Provider = request.app.state.provider
    if not provider.is_offered:
        raise ProviderNotOffered
    return provider


def count_try(request: Request, now: Now, *, login: str = "") -> None:
    """Count against the same limits as a sign-in by password."""
    request.app.state.throttle.count_sign_in(
        login=login,
        address=client_address(request),
        mark=request.cookies.get(MARK_COOKIE, ""),
        now=now,
    )


def forgive(request: Request, *, login: str) -> None:
    request.app.state.throttle.forgive(login=login, mark=request.cookies.get(MARK_COOKIE, ""))


def trip_cookie(request: Request) -> str:
    return TRIP_COOKIE if request.app.state.settings.cookie_secure else LOOPBACK_TRIP_COOKIE


def forget_trip(request: Request, response: Response) -> None:
    response.delete_cookie(
        trip_cookie(request),
        path="/",
        httponly=True,
        secure=request.app.state.settings.cookie_secure,
        samesite="lax",
    )
