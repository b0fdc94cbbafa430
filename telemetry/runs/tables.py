"""Runs: intervals when telemetry shows an instrument working; nobody typed them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import DeviceId, RunId, new_id


class Run(Base):
    """One use as the device saw it, from start to stop, with the counters at both ends."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("device_id", "session"),
        CheckConstraint("state IN ('open', 'closed', 'lost')", name="state"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="open_has_no_end"),
        CheckConstraint("ended_at >= started_at", name="ends_after_start"),
        Index("ix_runs_started_at", "device_id", "started_at"),
    )

    id: Mapped[RunId] = mapped_column(primary_key=True, default=new_id)
    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"))
    session: Mapped[str]
    boot: Mapped[str]
    lease: Mapped[str | None]
    state: Mapped[str]
    """open; closed by its stop; lost: closed at the last heartbeat, until a stop corrects it."""
    started_at: Mapped[datetime]
    last_at: Mapped[datetime]
    """The latest evidence of it."""
    ended_at: Mapped[datetime | None]
    metered_ms: Mapped[int]
    """Difference of the device's own counter over the run, resets taken out."""
    cycles: Mapped[int]
    energy_wh: Mapped[int]
    warm_up_ms: Mapped[int] = mapped_column(default=0)
    work_ms: Mapped[int] = mapped_column(default=0)
    cool_down_ms: Mapped[int] = mapped_column(default=0)
    coverage_permille: Mapped[int]
    """How much of the interval has evidence, in thousandths."""
    doubts: Mapped[list[Any]] = mapped_column(default=list)
    """What a person should look at before this is billed: see `telemetry.runs.rules.Doubt`."""
    updated_at: Mapped[datetime]


class RunDetection(Base):
    """How runs are told from the power of a device that has no counter of its own."""

    __tablename__ = "run_detections"
    __table_args__ = (
        CheckConstraint("0 < off_w AND off_w <= on_w", name="thresholds"),
        CheckConstraint("join_s >= 0 AND min_s >= 0", name="lengths"),
    )

    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    metric: Mapped[str] = mapped_column(default="power_w")
    on_w: Mapped[float]
    off_w: Mapped[float]
    join_s: Mapped[int]
    min_s: Mapped[int]
    settled_to: Mapped[datetime | None]
    """Before this, by the device's clock, nothing changes any more but by late readings."""
