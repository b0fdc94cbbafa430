"""Verbs on notices: tell once, list, mark as read. The caller owns the transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from directory.notices.errors import NoticeNotFound
from directory.notices.rules import AccountKind, Facts, write
from directory.notices.tables import Notice
from foundation.identifiers import PersonId, new_id

PAGE = 100


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing to tell one person, by a name that nothing else has."""

    person_id: PersonId
    kind: str
    occasion: str
    text_zh: str
    text_en: str
    subject: tuple[str, UUID] | None = None


def tell(session: Session, telling: Telling, *, now: datetime) -> None:
    """Write what somebody is to be told; who was told of this before is not told again.

    No arbiter is named and nothing is read back: the row is not the writer's to see.
    """
    subject_kind, subject_id = telling.subject or (None, None)
    session.execute(
        insert(Notice.__table__)  # type: ignore[arg-type]
        .values(
            id=new_id(),
            person_id=telling.person_id,
            kind=telling.kind,
            occasion=telling.occasion,
            subject_kind=subject_kind,
            subject_id=subject_id,
            text_zh=telling.text_zh,
            text_en=telling.text_en,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )


def tell_of_account(
    session: Session,
    person_id: PersonId,
    kind: AccountKind,
    facts: Facts,
    *,
    subject: tuple[str, UUID] | None = None,
) -> None:
    """Tell somebody at once what was done to their account; each act is an occasion of its own."""
    text_zh, text_en = write(kind, facts)
    telling = Telling(person_id, kind, f"{kind}:{new_id()}", text_zh, text_en, subject)
    tell(session, telling, now=facts.at)


def list_notices(
    session: Session, person_id: PersonId, *, only_unread: bool = False
) -> Sequence[Notice]:
    """Return what somebody was told, the latest first."""
    found = select(Notice).where(Notice.person_id == person_id)
    if only_unread:
        found = found.where(Notice.read_at.is_(None))
    return session.scalars(
        found.order_by(Notice.created_at.desc(), Notice.id.desc()).limit(PAGE)
    ).all()


def mark_read(session: Session, notice_id: UUID, *, reader: PersonId, now: datetime) -> Notice:
    """Note that its person has read it.

    Raises:
        NoticeNotFound: when they were told no such thing.
    """
    notice = session.scalar(
        select(Notice).where(Notice.id == notice_id, Notice.person_id == reader)
    )
    if notice is None:
        raise NoticeNotFound
    notice.read_at = notice.read_at or now
    session.flush()
    return notice


def mark_all_read(session: Session, *, reader: PersonId, now: datetime) -> int:
    marked = session.scalars(
        update(Notice)
        .where(Notice.person_id == reader, Notice.read_at.is_(None))
        .values(read_at=now)
        .returning(Notice.id)
    ).all()
    return len(marked)
