"""Stations, and what clients entrusted to them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import EnterpriseId, PersonId, StationId, new_id


class Station(Base):
    """Collects demands and samples on a client's behalf."""

    __tablename__ = "stations"
    __table_args__ = (
        # GZ 4.2.3: a station without a window publishes how it serves online.
        CheckConstraint("has_window OR notice_posted", name="window_or_notice"),
    )

    id: Mapped[StationId] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str]
    has_window: Mapped[bool]
    notice_posted: Mapped[bool]
    is_open: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class Entrustment(Base):
    """全程代办: what a client lets a station do for it, from when to when."""

    __tablename__ = "entrustments"
    __table_args__ = (
        CheckConstraint("valid_from <= valid_to", name="span"),
        Index("ix_entrustments_station_id", "station_id", "valid_to"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    enterprise_id: Mapped[EnterpriseId] = mapped_column(ForeignKey("enterprises.id"), index=True)
    station_id: Mapped[StationId] = mapped_column(ForeignKey("stations.id"))
    scope: Mapped[list[Any]]
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date] = mapped_column(Date)
    given_by: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    given_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
