"""Rollups where TimescaleDB is not; where it is, views of the same names and columns."""

from datetime import datetime

from sqlalchemy import Identity
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from foundation.database import Base


class Rollup:
    """What one channel did in one span: enough for a chart, and to be rolled up further."""

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805 - SQLAlchemy passes the class
        return cls.TABLE  # type: ignore[attr-defined,no-any-return] # each has one

    channel_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    low: Mapped[float]
    high: Mapped[float]
    total: Mapped[float]
    readings: Mapped[int]


class ReadingMinute(Rollup, Base):
    TABLE = "reading_minutes"


class ReadingHour(Rollup, Base):
    TABLE = "reading_hours"


class ReadingDay(Rollup, Base):
    TABLE = "reading_days"


class RollupMark(Base):
    """Minutes in which readings were stored and are not rolled up yet."""

    __tablename__ = "rollup_marks"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    first_minute: Mapped[datetime]
    last_minute: Mapped[datetime]
