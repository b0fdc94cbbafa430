"""The experts table."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import new_id


class Expert(Base):
    """Somebody who advises; named in public, so nothing here is sealed."""

    __tablename__ = "experts"
    __table_args__ = (CheckConstraint("left_on IS NULL OR left_on >= entered_on", name="span"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    title: Mapped[str]
    field: Mapped[str]
    employer: Mapped[str]
    entered_on: Mapped[date] = mapped_column(Date)
    left_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime]
