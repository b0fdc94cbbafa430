"""Routes under /feeds: addresses that calendar programs read without signing in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Self
from uuid import UUID

from fastapi import Depends, Header, Path, Request, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.bodies import Body
from api.clock import Now
from api.database import ReadOnly, Transaction, acting_for
from api.identity import Anyone, SignedIn
from api.routing import Router
from booking.feeds.errors import FeedNotFound
from booking.feeds.queries import find_feed, list_entries, list_feeds
from booking.feeds.rules import FeedKind, render
from booking.feeds.service import open_feed, require_followed, revoke
from booking.feeds.tables import CalendarFeed
from directory.people.service import Caller
from foundation.identifiers import InstrumentId
from foundation.tenancy import enter, leave

router = Router(prefix="/feeds", tags=["feeds"])

NAMES = {
    FeedKind.PERSON: "我的仪器预约 My reservations",
    FeedKind.INSTRUMENT: "仪器预约 Instrument",
    FeedKind.INSTITUTION: "机构全部预约 Institution",
}


class FeedBody(Body):
    kind: FeedKind
    instrument_id: InstrumentId | None = None


class FeedView(BaseModel):
    id: UUID
    kind: FeedKind
    subject_id: UUID
    created_at: datetime

    @classmethod
    def of(cls, feed: CalendarFeed) -> Self:
        return cls(
            id=feed.id,
            kind=FeedKind(feed.subject),
            subject_id=feed.subject_id,
            created_at=feed.created_at,
        )


class NewFeedView(FeedView):
    """With its address, which is shown this once."""

    url: str


class FeedList(BaseModel):
    items: list[FeedView]


@dataclass(frozen=True, slots=True)
class OpenFeed:
    """A feed that its secret opened, in a transaction that sees what its owner sees."""

    session: Session
    feed: CalendarFeed
    owner: Caller


def open_by_token(
    request: Request, token: Annotated[str, Path(max_length=100)]
) -> Iterator[OpenFeed]:
    with request.app.state.session_factory.begin() as session:
        session.execute(text("SET TRANSACTION READ ONLY"))
        found = find_feed(session, token)
        if found is None:
            raise FeedNotFound
        feed, owner = found
        require_followed(session, feed, owner)
        enter(session, acting_for(owner))
        yield OpenFeed(session, feed, owner)
        leave(session)


ByToken = Annotated[OpenFeed, Depends(open_by_token, scope="function")]


def origin_of(request: Request) -> str:
    return str(request.app.state.settings.public_url or request.base_url).rstrip("/")


@router.post("", status_code=201)
def create_feed(
    body: FeedBody, request: Request, caller: SignedIn, now: Now, transaction: Transaction
) -> NewFeedView:
    """Make a secret address for a calendar program."""
    feed, token = open_feed(
        transaction, kind=body.kind, instrument_id=body.instrument_id, by=caller, now=now
    )
    return NewFeedView(
        **FeedView.of(feed).model_dump(),
        url=f"{origin_of(request)}/api/v1/feeds/{token}/calendar.ics",
    )


@router.get("")
def list_own_feeds(caller: SignedIn, reading: ReadOnly) -> FeedList:
    """List the caller's feeds; their addresses are known to nobody but who has them."""
    return FeedList(items=[FeedView.of(feed) for feed in list_feeds(reading, caller)])


@router.delete("/{feed_id}", status_code=204)
def revoke_feed(feed_id: UUID, caller: SignedIn, now: Now, transaction: Transaction) -> None:
    """Close an address for good."""
    revoke(transaction, feed_id, by=caller, now=now)


@router.get(
    "/{token}/calendar.ics",
    response_class=Response,
    responses={200: {"content": {"text/calendar": {}}}, 304: {"description": "not changed"}},
)
def read_feed(
    opened: ByToken,
    _caller: Anyone,
    request: Request,
    now: Now,
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Give the calendar as iCalendar; whoever has the address may read it."""
    document = render(
        NAMES[FeedKind(opened.feed.subject)],
        list_entries(opened.session, opened.feed, opened.owner, now=now),
        page=f"{origin_of(request)}/reservations",
    )
    tag = f'"{sha256(document).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=300"}
    if if_none_match == tag:
        return Response(status_code=304, headers=headers)
    return Response(document, media_type="text/calendar; charset=utf-8", headers=headers)
