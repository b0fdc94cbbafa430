"""Verbs on notices: tell once, hand to the mailbox, mark as read."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.notices.errors import NoticeNotFound
from booking.notices.occasions import Occasion
from booking.notices.rules import write
from booking.notices.tables import BookingNotice
from directory.people.service import Caller
from directory.privacy.errors import DataErased
from directory.privacy.vault import Vault
from directory.registrations.confirmations import Channel, Outgoing, post
from directory.registrations.service import open_field
from directory.registrations.tables import PersonIdentity
from foundation.encryption import KeyRing
from foundation.identifiers import PersonId, new_id

PAGE = 100


def tell(session: Session, occasion: Occasion, *, now: datetime) -> None:
    """Write what somebody is to be told; who was told of this before is not told again.

    No arbiter is named and nothing is read back: the row is not the writer's to see.
    """
    text_zh, text_en = write(occasion.kind, occasion.facts)
    session.execute(
        insert(BookingNotice.__table__)  # type: ignore[arg-type]
        .values(
            id=new_id(),
            person_id=occasion.person_id,
            kind=occasion.kind,
            occasion=occasion.name,
            reservation_id=occasion.reservation_id,
            text_zh=text_zh,
            text_en=text_en,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )


def post_notice(session: Session, notice_id: UUID, *, now: datetime, ring: KeyRing) -> bool:
    """Hand a notice to the sender of messages, once; False where nobody has an address for it."""
    taken = session.execute(
        update(BookingNotice)
        .where(BookingNotice.id == notice_id, BookingNotice.posted_at.is_(None))
        .values(posted_at=now)
        .returning(BookingNotice.person_id, BookingNotice.text_zh, BookingNotice.text_en)
    ).one_or_none()
    if taken is None:
        return False
    person_id, text_zh, text_en = taken
    address = find_mailbox(session, person_id, ring)
    if address is None:
        return False
    text = f"【仪享】{text_zh}\n\n{text_en}\n"
    post(session, Outgoing(Channel.EMAIL, address, text), now=now, ring=ring)
    return True


def find_mailbox(session: Session, person_id: PersonId, ring: KeyRing) -> str | None:
    """Return the mailbox somebody proved to be theirs; None where there is none any more."""
    identity = session.get(PersonIdentity, person_id)
    if identity is None:
        return None
    try:
        return open_field(Vault(session, ring), identity, "email") or None
    except DataErased:
        return None


def list_notices(
    session: Session, person_id: PersonId, *, only_unread: bool = False
) -> Sequence[BookingNotice]:
    """Return what somebody was told, the latest first."""
    found = select(BookingNotice).where(BookingNotice.person_id == person_id)
    if only_unread:
        found = found.where(BookingNotice.read_at.is_(None))
    return session.scalars(
        found.order_by(BookingNotice.created_at.desc(), BookingNotice.id.desc()).limit(PAGE)
    ).all()


def mark_read(session: Session, notice_id: UUID, *, by: Caller, now: datetime) -> BookingNotice:
    """Note that its person has read it.

    Raises:
        NoticeNotFound: when they were told no such thing.
    """
    notice = session.scalar(
        select(BookingNotice).where(
            BookingNotice.id == notice_id, BookingNotice.person_id == by.person_id
        )
    )
    if notice is None:
        raise NoticeNotFound
    notice.read_at = notice.read_at or now
    session.flush()
    return notice


def mark_all_read(session: Session, *, by: Caller, now: datetime) -> int:
    marked = session.scalars(
        update(BookingNotice)
        .where(BookingNotice.person_id == by.person_id, BookingNotice.read_at.is_(None))
        .values(read_at=now)
        .returning(BookingNotice.id)
    ).all()
    return len(marked)
