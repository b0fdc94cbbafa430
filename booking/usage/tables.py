"""Usage sessions: a reservation met by runs; what gets charged."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import (
    DeviceId,
    EnterpriseId,
    InstitutionId,
    InstrumentId,
    PersonId,
    ReservationId,
    RunId,
    UsageSessionId,
    new_id,
)


class UsageSession(Base):
    """Who used an instrument from when to when, with the reservation and runs behind it."""

    __tablename__ = "usage_sessions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["instrument_id", "institution_id"], ["instruments.id", "instruments.institution_id"]
        ),
        ExcludeConstraint(
            ("device_id", "="),
            ("during", "&&"),
            # Who never started the instrument took none of its time.
            where=text("metered_ms > 0"),
            using="gist",
            name="ex_usage_sessions_no_overlap",
        ),
        CheckConstraint(
            "state IN ('metered', 'needs_review', 'confirmed', 'disputed', 'billed')", name="state"
        ),
        CheckConstraint("metered_ms >= 0", name="metered"),
        CheckConstraint(
            "NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)", name="during"
        ),
    )

    id: Mapped[UsageSessionId] = mapped_column(primary_key=True, default=new_id)
    reservation_id: Mapped[ReservationId | None] = mapped_column(
        ForeignKey("reservations.id"), unique=True
    )
    instrument_id: Mapped[InstrumentId]
    institution_id: Mapped[InstitutionId]
    enterprise_id: Mapped[EnterpriseId | None]
    """None: used without a reservation."""
    device_id: Mapped[DeviceId | None] = mapped_column(ForeignKey("devices.id"))
    """None: the instrument has no meter, and its use stands on coming and leaving."""
    during: Mapped[Range[datetime]]
    """From the first run's start to the last run's end; without runs, while checked in."""
    metered_ms: Mapped[int]
    warm_up_ms: Mapped[int]
    work_ms: Mapped[int]
    cool_down_ms: Mapped[int]
    coverage_permille: Mapped[int]
    state: Mapped[str]
    doubts: Mapped[list[Any]] = mapped_column(default=list)
    """Why a person must look at it; empty where the evidence suffices."""
    labour_s: Mapped[int] = mapped_column(default=0)
    """The technician's time beside the instrument's: the second meter."""
    confirmed_at: Mapped[datetime | None]
    metered_at: Mapped[datetime] = mapped_column(index=True)
    """When its evidence was read last: from then on its client may object."""
    is_metrological: Mapped[bool] = mapped_column(default=True)
    """Whether the instrument's calibration held throughout, so that its figures prove anything."""
    late_evidence_at: Mapped[datetime | None]
    """When evidence came that it was too late to count: a person should look at it."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class UsageRun(Base):
    """A run that stands behind a usage session; each run stands behind one at most."""

    __tablename__ = "usage_runs"

    run_id: Mapped[RunId] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    usage_session_id: Mapped[UsageSessionId] = mapped_column(
        ForeignKey("usage_sessions.id"), index=True
    )


class UsageChange(Base):
    """One change of a usage session after it was metered: the former values, who, and why."""

    __tablename__ = "usage_changes"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    usage_session_id: Mapped[UsageSessionId] = mapped_column(
        ForeignKey("usage_sessions.id"), index=True
    )
    kind: Mapped[str]
    """confirmed, disputed, resolved, corrected, or remetered on late evidence."""
    former: Mapped[dict[str, Any]]
    became: Mapped[dict[str, Any]]
    reason: Mapped[str]
    actor_id: Mapped[PersonId | None]
    at: Mapped[datetime]
