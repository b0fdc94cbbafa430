"""The key of each person's data, what they agreed to, and what must be kept all the same."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import PersonId, new_id


class SubjectKey(Base):
    """One subject's data key, sealed by the deployment's; without it nothing of theirs opens."""

    __tablename__ = "subject_keys"
    __table_args__ = (
        CheckConstraint("(sealed IS NULL) = (shredded_at IS NOT NULL)", name="shredded"),
    )

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    """A person, an enterprise's or an institution's registration."""
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    shredded_at: Mapped[datetime | None]


class Consent(Base):
    """One person's agreement to one use of their data; withdrawn, never edited."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_person_id", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    purpose: Mapped[str]
    version: Mapped[str]
    """Which text was shown."""
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class LegalHold(Base):
    """A reason to keep a subject's data that outweighs its wish to have it erased."""

    __tablename__ = "legal_holds"
    __table_args__ = (UniqueConstraint("subject_id", "reason"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[UUID] = mapped_column(index=True)
    reason: Mapped[str]
    until: Mapped[datetime]
    placed_by: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id"))
    placed_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
