"""What people are told: rows first, carried out to mailboxes and phones by a job."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import PersonId, new_id


class Notice(Base):
    """One thing one person is told, shown in their inbox and sent to their addresses."""

    __tablename__ = "notices"
    __table_args__ = (
        # What makes two jobs that see the same occasion tell it once.
        UniqueConstraint("occasion", "person_id"),
        Index("ix_notices_person", "person_id", "created_at"),
        Index("ix_notices_unposted", "created_at", postgresql_where="posted_at IS NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str]
    """See the kinds of `directory.notices`, `directory.workdays.telling` and `booking.notices`."""
    occasion: Mapped[str]
    """What happened, named so that the same thing is never told twice."""
    subject_kind: Mapped[str | None]
    subject_id: Mapped[UUID | None]
    """What it leads to: a reservation, a registration; areas above know what that is."""
    text_zh: Mapped[str]
    text_en: Mapped[str]
    created_at: Mapped[datetime]
    posted_at: Mapped[datetime | None]
    """When it was handed to the sender of messages, or found to have no address to go to."""
    read_at: Mapped[datetime | None]
