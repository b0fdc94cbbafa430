"""What each device should be in, and every command that was sent to bring it there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import DeviceId, PersonId, new_id


class WantedState(Base):
    """The state one target of a device should be in: absolute, with an end, never a toggle."""

    __tablename__ = "wanted_states"
    __table_args__ = (
        CheckConstraint("value IN ('locked', 'unlocked')", name="value"),
        CheckConstraint(
            "(value = 'unlocked') = (lease_until IS NOT NULL)", name="unlocked_has_a_lease"
        ),
    )

    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    target: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    lease_until: Mapped[datetime | None]
    command_id: Mapped[UUID]
    wanted_at: Mapped[datetime]
    reported_value: Mapped[str] = mapped_column(default="unknown")
    """locked, unlocked, or unknown where the device did not do as it was told."""
    reported_at: Mapped[datetime | None]


class Command(Base):
    """One command to one device, and what became of it. Executed once by its id."""

    __tablename__ = "commands"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('waiting', 'done', 'refused', 'superseded', 'expired')", name="outcome"
        ),
        Index("ix_commands_waiting", "device_id", postgresql_where="outcome = 'waiting'"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"))
    target: Mapped[str]
    value: Mapped[str]
    lease_until: Mapped[datetime | None]
    reason: Mapped[str]
    wanted_by: Mapped[PersonId | None]
    wanted_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    """Not executed after this; None for locking, which is always right."""
    sent_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="waiting")
    answered_at: Mapped[datetime | None]
    error: Mapped[str | None]
