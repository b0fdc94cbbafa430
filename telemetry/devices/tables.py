"""Devices, the channels they measure, and the state each last reported."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import DeviceId, InstitutionId, new_id

NAME_PATTERN = "^[a-z0-9-]{1,64}$"


class Device(Base):
    """A thing on the wire: a meter, a controller, a relay, or an instrument that speaks MQTT."""

    __tablename__ = "devices"
    __table_args__ = (
        CheckConstraint(f"name ~ '{NAME_PATTERN}'", name="name_fits_the_wire"),
        UniqueConstraint("id", "institution_id"),
    )

    id: Mapped[DeviceId] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"))
    model: Mapped[str]
    protocol: Mapped[str]
    """modbus, by a gateway, or mqtt, by itself."""
    gateway: Mapped[str | None]
    """The broker account that speaks for it; None where it speaks for itself."""
    registered_at: Mapped[datetime]


class Channel(Base):
    """One measured quantity of a device; from a birth's catalogue."""

    __tablename__ = "channels"
    __table_args__ = (UniqueConstraint("device_id", "name"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"))
    name: Mapped[str]
    unit: Mapped[str]
    """UCUM code, as on the wire: Cel, W, ms, 1."""
    kind: Mapped[str]
    """f measured, c cumulative counter, e enumerated, b yes or no."""


class Birth(Base):
    """What a device said of itself when it came up; its metric keys belong to this boot."""

    __tablename__ = "births"

    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    boot: Mapped[str] = mapped_column(primary_key=True)
    firmware: Mapped[str]
    model: Mapped[str]
    keys: Mapped[dict[str, int]]
    """Metric key on the wire → channel id."""
    at: Mapped[datetime]
    """When we first heard of this boot; births of one device are ordered by it."""


class DeviceState(Base):
    """How a device is now, as far as we know: presence and what it does."""

    __tablename__ = "device_states"

    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    boot: Mapped[str]
    online: Mapped[bool]
    op: Mapped[str]
    mode: Mapped[str]
    session: Mapped[str | None]
    at: Mapped[datetime]
    """By the device's clock."""
    received_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When anything last arrived from it."""


class SequenceGap(Base):
    """Sequence numbers of a boot that have not arrived; closed when they do."""

    __tablename__ = "sequence_gaps"

    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    boot: Mapped[str] = mapped_column(primary_key=True)
    first_missing: Mapped[int] = mapped_column(primary_key=True)
    last_missing: Mapped[int]
    noticed_at: Mapped[datetime]
    filled_at: Mapped[datetime | None]
