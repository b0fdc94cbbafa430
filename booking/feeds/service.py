"""Verbs on feeds. The caller owns the transaction; nothing here commits."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.feeds.errors import FeedNotFound, FeedNotYours, TooManyFeeds
from booking.feeds.rules import FeedKind
from booking.feeds.tables import CalendarFeed
from booking.instruments.errors import InstrumentNotFound
from booking.instruments.tables import Instrument
from directory.audit.service import record
from directory.people.passwords import hash_token
from directory.people.service import Caller
from directory.roles.rules import Role
from foundation.identifiers import InstrumentId, new_id

FEEDS_MAX = 20
STAFF = (Role.TECHNICIAN, Role.INSTITUTION_MANAGER)


def may_follow(by: Caller, kind: FeedKind, institution_id: UUID | None) -> bool:
    """Tell whether this person may have, and still have, a feed of this institution's."""
    if kind is FeedKind.PERSON:
        return True
    return by.institution_id is not None and by.institution_id == institution_id and by.has(*STAFF)


def open_feed(
    session: Session,
    *,
    kind: FeedKind,
    instrument_id: InstrumentId | None,
    by: Caller,
    now: datetime,
) -> tuple[CalendarFeed, str]:
    """Make an address and return it with its secret, which is not kept and not shown again.

    Raises:
        InstrumentNotFound: for a feed of an instrument that is none.
        FeedNotYours: for others' instruments, and for who is no staff.
        TooManyFeeds: when this person has more than anybody needs.
    """
    institution_id: UUID | None = by.institution_id
    if kind is FeedKind.INSTRUMENT:
        institution_id = _institution_of(session, instrument_id)
        if institution_id is None:
            raise InstrumentNotFound
    if not may_follow(by, kind, institution_id):
        raise FeedNotYours
    count = session.scalar(
        select(func.count())
        .select_from(CalendarFeed)
        .where(CalendarFeed.owner_id == by.person_id, CalendarFeed.revoked_at.is_(None))
    )
    if (count or 0) >= FEEDS_MAX:
        raise TooManyFeeds
    token = secrets.token_urlsafe(32)
    feed = CalendarFeed(
        id=new_id(),
        owner_id=by.person_id,
        subject=kind,
        subject_id=_subject_of(kind, instrument_id, by),
        token_hash=hash_token(token),
        created_at=now,
    )
    session.add(feed)
    session.flush()
    _record(session, "feed.open", feed.id, by, now)
    return feed, token


def revoke(session: Session, feed_id: UUID, *, by: Caller, now: datetime) -> None:
    """Close an address for good.

    Raises:
        FeedNotFound: when it is none of this person's.
    """
    feed = session.get(CalendarFeed, feed_id)
    if feed is None or feed.owner_id != by.person_id or feed.revoked_at is not None:
        raise FeedNotFound
    feed.revoked_at = now
    session.flush()
    _record(session, "feed.revoke", feed.id, by, now)


def require_followed(session: Session, feed: CalendarFeed, owner: Caller) -> None:
    """Ask again, at each reading, what was asked when the feed was made.

    Raises:
        FeedNotFound: when its owner may see no more what it shows.
    """
    kind = FeedKind(feed.subject)
    institution_id: UUID | None = feed.subject_id
    if kind is FeedKind.INSTRUMENT:
        institution_id = _institution_of(session, feed.subject_id)
    if not may_follow(owner, kind, institution_id):
        raise FeedNotFound


def _subject_of(kind: FeedKind, instrument_id: InstrumentId | None, by: Caller) -> UUID:
    subject: UUID | None = by.person_id
    if kind is FeedKind.INSTRUMENT:
        subject = instrument_id
    elif kind is FeedKind.INSTITUTION:
        subject = by.institution_id
    assert subject is not None, "asked before"
    return subject


def _institution_of(session: Session, instrument_id: UUID | None) -> UUID | None:
    return session.scalar(select(Instrument.institution_id).where(Instrument.id == instrument_id))


def _record(session: Session, action: str, feed_id: UUID, by: Caller, now: datetime) -> None:
    record(
        session,
        actor_id=by.person_id,
        action=action,
        subject_kind="feed",
        subject_id=feed_id,
        now=now,
    )
