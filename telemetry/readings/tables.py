"""Readings: a hypertable with TimescaleDB, daily range partitions without."""

from datetime import datetime

from sqlalchemy import Identity, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class Reading(Base):
    """One value of one channel at one time. No foreign key: this is the fast table."""

    __tablename__ = "readings"
    __table_args__ = {"postgresql_partition_by": "RANGE (at)"}  # noqa: RUF012 - SQLAlchemy's way

    channel_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    """By the device's clock, in milliseconds."""
    value: Mapped[float | None]
    """None with a bad quality: the device said it does not know."""
    quality: Mapped[int] = mapped_column(SmallInteger)
    """0 good, 1 repeated without change, 2 late, 3 bad."""
    received_at: Mapped[datetime]


class LatestReading(Base):
    """The newest reading of each channel, for dashboards; may always be derived again."""

    __tablename__ = "latest_readings"

    channel_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    value: Mapped[float | None]
    quality: Mapped[int] = mapped_column(SmallInteger)
    received_at: Mapped[datetime]


class LateMark(Base):
    """A channel that got readings long after they were taken; what was decided may be wrong."""

    __tablename__ = "late_marks"
    __table_args__ = (Index("ix_late_marks_channel_id", "channel_id", "noted_at"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    channel_id: Mapped[int]
    first_at: Mapped[datetime]
    noted_at: Mapped[datetime]
