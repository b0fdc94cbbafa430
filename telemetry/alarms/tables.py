"""Alarms the platform raised; those a device raised itself are in `device_alarms`, and here too."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import DeviceId, PersonId, new_id


class Alarm(Base):
    """Something wrong with a device, from when to when; active or cleared, acknowledged or not."""

    __tablename__ = "alarms"
    __table_args__ = (
        CheckConstraint("severity IN ('info', 'minor', 'major', 'critical')", name="severity"),
        CheckConstraint("cleared_at >= raised_at", name="clears_after_it_is_raised"),
        Index(
            "uq_alarms_active",
            "device_id",
            "code",
            "subject",
            unique=True,
            postgresql_where="cleared_at IS NULL",
        ),
        Index("ix_alarms_raised_at", "raised_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"))
    code: Mapped[str]
    subject: Mapped[str]
    """What of the device: a metric, a target, a rule; empty for the device as a whole."""
    severity: Mapped[str]
    raised_at: Mapped[datetime]
    """By the device's clock."""
    noticed_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    """When late data showed that it never was so."""
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id"))
    detail: Mapped[dict[str, Any]]
