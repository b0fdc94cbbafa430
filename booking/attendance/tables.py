"""Penalties for not coming, coming late and the like: noticed first, appealable, ending."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import InstitutionId, PersonId, ReservationId, new_id


class Penalty(Base):
    """A ban from an institution's instruments, with its reasons and what became of an appeal."""

    __tablename__ = "penalties"
    __table_args__ = (
        CheckConstraint("state IN ('noticed', 'active', 'appealed', 'lifted')", name="state"),
        CheckConstraint("ends_at > starts_at", name="span"),
        Index("ix_penalties_person", "person_id", "institution_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"))
    reservation_id: Mapped[ReservationId] = mapped_column(
        ForeignKey("reservations.id"), unique=True
    )
    """The last straw."""
    reason_zh: Mapped[str]
    reason_en: Mapped[str]
    state: Mapped[str] = mapped_column(default="noticed")
    noticed_at: Mapped[datetime]
    starts_at: Mapped[datetime]
    """A day after the notice, so that it can be appealed before it bites."""
    ends_at: Mapped[datetime]
    appeal: Mapped[str | None]
    appealed_at: Mapped[datetime | None]
    decided_by: Mapped[PersonId | None]
    decided_at: Mapped[datetime | None]
    decision: Mapped[str | None]
