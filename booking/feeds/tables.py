"""Secret addresses of calendar feeds, and of instruments' labels."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import InstrumentId, PersonId, new_id


class CalendarFeed(Base):
    """A feed somebody asked for; only the hash of its secret is here."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        CheckConstraint("subject IN ('person', 'instrument', 'institution')", name="subject"),
        Index("ix_calendar_feeds_owner", "owner_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    owner_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    """It shows what this person may see, and nothing once they are gone."""
    subject: Mapped[str]
    subject_id: Mapped[UUID]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class KioskPin(Base):
    """A person's number for the kiosk beside an instrument."""

    __tablename__ = "kiosk_pins"

    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"), primary_key=True)
    pin_hash: Mapped[str]
    tries: Mapped[int] = mapped_column(default=0)
    """Wrong tries since the last right one; too many shut it until it is set anew."""
    set_at: Mapped[datetime]


class InstrumentLabel(Base):
    """What an instrument's QR label says: a code that names it to those standing before it."""

    __tablename__ = "instrument_labels"

    code: Mapped[str] = mapped_column(primary_key=True)
    instrument_id: Mapped[InstrumentId] = mapped_column(ForeignKey("instruments.id"), index=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
