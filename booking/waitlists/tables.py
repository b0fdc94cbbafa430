"""Who would take time on an instrument if it became free."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import EnterpriseId, InstrumentId, PersonId, ReservationId, new_id


class WaitlistEntry(Base):
    """A wish for so much time within a window; an offer is a held reservation with an end."""

    __tablename__ = "waitlist_entries"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'offered', 'taken', 'withdrawn', 'lapsed')", name="state"
        ),
        CheckConstraint("(state = 'offered') <= (reservation_id IS NOT NULL)", name="offer"),
        CheckConstraint("length_s > 0", name="length"),
        CheckConstraint("NOT isempty(within) AND NOT upper_inf(within)", name="within"),
        Index(
            "ix_waitlist_entries_waiting",
            "instrument_id",
            "created_at",
            postgresql_where="state = 'waiting'",
        ),
        Index("ix_waitlist_entries_person", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    instrument_id: Mapped[InstrumentId] = mapped_column(ForeignKey("instruments.id"))
    enterprise_id: Mapped[EnterpriseId] = mapped_column(ForeignKey("enterprises.id"))
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    within: Mapped[Range[datetime]]
    length_s: Mapped[int]
    state: Mapped[str] = mapped_column(default="waiting")
    reservation_id: Mapped[ReservationId | None] = mapped_column(ForeignKey("reservations.id"))
    """The latest offer made to it."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
