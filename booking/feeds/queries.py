"""Questions about feeds: whose an address is, and what is in it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from booking.feeds.rules import Entry, FeedKind
from booking.feeds.tables import CalendarFeed
from booking.instruments.tables import Instrument
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation, as_slot
from directory.enterprises.tables import Enterprise
from directory.institutions.tables import Institution
from directory.people.passwords import hash_token
from directory.people.service import Caller, caller_of
from directory.people.tables import Person

PAST = timedelta(days=90)
AHEAD = timedelta(days=400)
ENTRIES_MAX = 5000


def find_feed(session: Session, token: str) -> tuple[CalendarFeed, Caller] | None:
    """Return the feed that a secret opens and who made it, while both are in force."""
    row = session.execute(
        select(CalendarFeed, Person)
        .join(Person, Person.id == CalendarFeed.owner_id)
        .where(
            CalendarFeed.token_hash == hash_token(token),
            CalendarFeed.revoked_at.is_(None),
            Person.is_active,
        )
    ).one_or_none()
    return (row[0], caller_of(row[1])) if row else None


def list_feeds(session: Session, caller: Caller) -> Sequence[CalendarFeed]:
    return session.scalars(
        select(CalendarFeed)
        .where(CalendarFeed.owner_id == caller.person_id, CalendarFeed.revoked_at.is_(None))
        .order_by(CalendarFeed.created_at)
    ).all()


def list_entries(
    session: Session, feed: CalendarFeed, owner: Caller, *, now: datetime
) -> list[Entry]:
    """Return what the feed shows, from a quarter of a year ago on; one query."""
    kind = FeedKind(feed.subject)
    found = (
        select(Reservation, Instrument, Institution.time_zone, Enterprise.name, Person.display_name)
        .join(Instrument, Instrument.id == Reservation.instrument_id)
        .join(Institution, Institution.id == Reservation.institution_id)
        .join(Enterprise, Enterprise.id == Reservation.enterprise_id)
        .join(Person, Person.id == Reservation.holder_id)
        .where(
            Reservation.state != ReservationState.DRAFT,
            Reservation.during.overlaps(Range(now - PAST, now + AHEAD)),
        )
        .order_by(func.lower(Reservation.during), Reservation.id)
        .limit(ENTRIES_MAX)
    )
    if kind is FeedKind.PERSON:
        found = found.where(Reservation.holder_id == owner.person_id)
    else:
        found = found.where(
            Reservation.institution_id == owner.institution_id,
            Reservation.state != ReservationState.PROPOSED,
        )
    if kind is FeedKind.INSTRUMENT:
        found = found.where(Reservation.instrument_id == feed.subject_id)
    return [
        Entry(
            reservation_id=reservation.id,
            slot=as_slot(reservation.during),
            state=ReservationState(reservation.state),
            revision=reservation.revision,
            summary=(
                instrument.name_zh
                if kind is FeedKind.PERSON
                else f"{instrument.name_zh} · {enterprise} · {holder}"
            ),
            location=instrument.location,
            description=reservation.purpose,
            zone=ZoneInfo(time_zone),
            created_at=reservation.created_at,
            changed_at=reservation.changed_at,
        )
        for reservation, instrument, time_zone, enterprise, holder in session.execute(found)
    ]
