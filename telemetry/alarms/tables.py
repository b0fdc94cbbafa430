"""Alarms the platform raised; those a device raised itself are in `device_alarms`, and here too."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import DeviceId, InstitutionId, PersonId, new_id


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


class AlarmRule(Base):
    """What an institution wants to be told of, on one device or on all of its own."""

    __tablename__ = "alarm_rules"
    __table_args__ = (
        CheckConstraint("kind IN ('above', 'below', 'stale', 'unreserved')", name="kind"),
        CheckConstraint("(kind IN ('above', 'below')) = (limit_value IS NOT NULL)", name="limit"),
        CheckConstraint("hysteresis >= 0 AND for_s >= 0 AND clear_for_s >= 0", name="lengths"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"))
    device_id: Mapped[DeviceId | None] = mapped_column(ForeignKey("devices.id"))
    kind: Mapped[str]
    metric: Mapped[str]
    """Empty where the rule is about the device: stale, unreserved."""
    limit_value: Mapped[float | None]
    hysteresis: Mapped[float]
    for_s: Mapped[int]
    """How long it must be so, by the device's clock, before the alarm is raised."""
    clear_for_s: Mapped[int]
    severity: Mapped[str]
    code: Mapped[str]
    is_enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class AlarmWatch(Base):
    """How far one rule has got with one device: its timers, so that a restart keeps them."""

    __tablename__ = "alarm_watches"

    rule_id: Mapped[UUID] = mapped_column(ForeignKey("alarm_rules.id"), primary_key=True)
    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    pending_since: Mapped[datetime | None]
    clearing_since: Mapped[datetime | None]
    raised_at: Mapped[datetime | None]
    checked_to: Mapped[datetime | None]
    """Up to which reading, by the device's clock, the timers above stand. A while behind the
    newest, so that readings out of order fall after it."""
    looked_at: Mapped[datetime]
    """Late readings noted up to then have been taken into account."""


class AlarmRecipient(Base):
    """Whom an institution wants told, and how."""

    __tablename__ = "alarm_recipients"
    __table_args__ = (CheckConstraint("kind IN ('email', 'webhook')", name="kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"))
    kind: Mapped[str]
    address: Mapped[str]
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What signs web hooks; encrypted."""
    severity_min: Mapped[str]
    is_enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class AlarmNotice(Base):
    """One thing to tell one recipient: written with the alarm, sent afterwards by a job."""

    __tablename__ = "alarm_notices"
    __table_args__ = (
        UniqueConstraint("alarm_id", "recipient_id", "event"),
        Index(
            "ix_alarm_notices_due",
            "due_at",
            postgresql_where="sent_at IS NULL AND given_up_at IS NULL",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    alarm_id: Mapped[UUID] = mapped_column(ForeignKey("alarms.id"))
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("alarm_recipients.id"))
    event: Mapped[str]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    error: Mapped[str | None]
