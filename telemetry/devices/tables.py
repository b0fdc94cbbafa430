"""Devices, the channels they measure, and the state each last reported."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import DeviceId, InstitutionId, PersonId, new_id

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
    clock_offset_ms: Mapped[int | None]
    """How far the device's clock is behind ours, by the quickest of its messages."""


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


class GatewayState(Base):
    """Whether a gateway is connected; while it is not, none of its devices is online."""

    __tablename__ = "gateway_states"

    name: Mapped[str] = mapped_column(primary_key=True)
    boot: Mapped[str]
    online: Mapped[bool]
    received_at: Mapped[datetime]


class PresenceChange(Base):
    """A device or gateway that came online or went away, by the server's clock."""

    __tablename__ = "presence_changes"
    __table_args__ = (Index("ix_presence_changes_name", "name", "at"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str]
    """As on the wire: the same names for devices and gateways."""
    boot: Mapped[str]
    online: Mapped[bool]
    at: Mapped[datetime]


class BootSequence(Base):
    """Which sequence numbers of one boot are accounted for; what the server acknowledges.

    Keyed by the name on the wire, because messages of devices nobody registered count
    too: they are in quarantine, and their sender may forget them.
    """

    __tablename__ = "boot_sequences"

    name: Mapped[str] = mapped_column(primary_key=True)
    boot: Mapped[str] = mapped_column(primary_key=True)
    received: Mapped[Any] = mapped_column(INT8MULTIRANGE)
    """Stored or quarantined, or declared lost."""
    lost: Mapped[Any] = mapped_column(INT8MULTIRANGE, server_default="{}")
    """The part of it that its sender declared lost, or we gave up waiting for."""
    first_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class SequenceGap(Base):
    """Sequence numbers of a boot that have not arrived; closed when they do."""

    __tablename__ = "sequence_gaps"

    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    boot: Mapped[str] = mapped_column(primary_key=True)
    first_missing: Mapped[int] = mapped_column(primary_key=True)
    last_missing: Mapped[int]
    noticed_at: Mapped[datetime]
    filled_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    """When they were declared lost, by their sender or by us."""


class DeviceClaim(Base):
    """A code that turns into a device's credentials, once and within its time."""

    __tablename__ = "device_claims"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"))
    created_by: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
