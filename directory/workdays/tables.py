"""The calendar's days by notice, and what is due when."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import EnterpriseId, InstitutionId, PersonId, new_id


class CalendarNotice(Base):
    """One year's official arrangement of holidays."""

    __tablename__ = "calendar_notices"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str]
    issued_on: Mapped[date] = mapped_column(Date)
    imported_at: Mapped[datetime]
    imported_by: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id"))


class CalendarDay(Base):
    """A day a notice names: off, or worked to make up."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    is_working: Mapped[bool]
    name: Mapped[str]
    year: Mapped[int] = mapped_column(ForeignKey("calendar_notices.year"), index=True)


class DueDateRow(Base):
    """Something that is to be done by an instant, counted by the one calendar."""

    __tablename__ = "due_dates"
    __table_args__ = (
        # One open due date of a kind for a thing; a restarted clock closes the former.
        Index(
            "ux_due_dates_open",
            "subject_kind",
            "subject_id",
            "kind",
            unique=True,
            postgresql_where=text("done_at IS NULL AND stopped_at IS NULL"),
        ),
        Index(
            "ix_due_dates_due_at",
            "due_at",
            postgresql_where=text("done_at IS NULL AND stopped_at IS NULL"),
        ),
        CheckConstraint("count > 0", name="count"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    kind: Mapped[str]
    """What is due: registration_review, complaint_answer …"""
    enterprise_id: Mapped[EnterpriseId | None] = mapped_column(ForeignKey("enterprises.id"))
    institution_id: Mapped[InstitutionId | None] = mapped_column(ForeignKey("institutions.id"))
    responsible_role: Mapped[str]
    started_at: Mapped[datetime]
    count: Mapped[int]
    unit: Mapped[str]
    due_at: Mapped[datetime]
    provisional: Mapped[bool]
    done_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    """The clock was stopped: withdrawn, or waiting for the other side."""
    escalation: Mapped[int] = mapped_column(default=0)
    """The highest level already told; see `rules.Urgency`."""
