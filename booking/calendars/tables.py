"""Opening hours, days that differ, and closures."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import InstitutionId, InstrumentId, PersonId, new_id

DAY_S = 86_400


class OpeningHours(Base):
    """A window of a weekday in which an institution's instruments, or one of them, are open."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint(
            f"opens_s >= 0 AND closes_s > opens_s AND closes_s <= {DAY_S}", name="window"
        ),
        CheckConstraint("kind IN ('regular', 'extended')", name="kind"),
        CheckConstraint("surcharge_permille >= 0", name="surcharge"),
        Index("ix_opening_hours_scope", "institution_id", "instrument_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"))
    instrument_id: Mapped[InstrumentId | None] = mapped_column(ForeignKey("instruments.id"))
    """None: every instrument of the institution that has no hours of its own."""
    weekday: Mapped[int]
    """1 Monday to 7 Sunday."""
    opens_s: Mapped[int]
    """Seconds since the lab's own midnight."""
    closes_s: Mapped[int]
    kind: Mapped[str] = mapped_column(default="regular")
    """extended: 延时错时, open for more money."""
    surcharge_permille: Mapped[int] = mapped_column(default=0)


class SpecialDay(Base):
    """One date with hours of its own, or none at all."""

    __tablename__ = "special_days"
    __table_args__ = (
        CheckConstraint("(opens_s IS NULL) = (closes_s IS NULL)", name="both_or_none"),
        CheckConstraint("closes_s > opens_s", name="window"),
        CheckConstraint("surcharge_permille >= 0", name="surcharge"),
        Index("ix_special_days_scope", "institution_id", "day"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"))
    instrument_id: Mapped[InstrumentId | None] = mapped_column(ForeignKey("instruments.id"))
    day: Mapped[date]
    opens_s: Mapped[int | None]
    """None: shut all day."""
    closes_s: Mapped[int | None]
    surcharge_permille: Mapped[int] = mapped_column(default=0, server_default="0")
    reason: Mapped[str] = mapped_column(default="")


class Closure(Base):
    """Time when an instrument, or all of an institution's, cannot be reserved, with a reason."""

    __tablename__ = "closures"
    __table_args__ = (
        CheckConstraint("kind IN ('closure', 'maintenance', 'calibration', 'fault')", name="kind"),
        CheckConstraint(
            "NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)"
            " AND NOT lower_inf(during) AND NOT upper_inf(during)",
            name="during",
        ),
        CheckConstraint("repeat_days IS NULL OR repeat_days > 0", name="repeat"),
        Index("ix_closures_scope", "institution_id", "instrument_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"))
    instrument_id: Mapped[InstrumentId | None] = mapped_column(ForeignKey("instruments.id"))
    during: Mapped[Range[datetime]]
    kind: Mapped[str] = mapped_column(default="closure")
    reason_zh: Mapped[str]
    reason_en: Mapped[str]
    repeat_days: Mapped[int | None]
    """Every so many days, at the same hour of the lab's clock; None: once."""
    repeat_until: Mapped[date | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_by: Mapped[PersonId | None]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
