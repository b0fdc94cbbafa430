"""Events and alarms as devices report them: plain tables that only grow; money rests on them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import DeviceId


class DeviceEvent(Base):
    """A start, heartbeat or stop, with the counters as they stood."""

    __tablename__ = "device_events"
    __table_args__ = (
        CheckConstraint("kind IN ('start', 'hb', 'stop')", name="kind"),
        Index("ix_device_events_session", "device_id", "session", "at"),
        Index("ix_device_events_received_at", "received_at"),
    )

    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    boot: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    kind: Mapped[str]
    session: Mapped[str]
    run_ms: Mapped[int]
    """Cumulative milliseconds at work, as the device counts them."""
    cycles: Mapped[int | None]
    energy_wh: Mapped[int | None]
    operator: Mapped[str | None]
    lease: Mapped[str | None]
    """The id of the command that unlocked the instrument for this use."""


class DeviceAlarm(Base):
    """An alarm a device raised or cleared itself."""

    __tablename__ = "device_alarms"

    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    boot: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    code: Mapped[str]
    severity: Mapped[str]
    is_active: Mapped[bool]
    detail: Mapped[dict[str, Any]]
