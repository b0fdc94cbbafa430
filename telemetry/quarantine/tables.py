"""What arrived and could not be understood."""

from datetime import datetime

from sqlalchemy import Identity, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class QuarantinedMessage(Base):
    """One message kept as it came, bounded, with the reason; its sender was told it arrived."""

    __tablename__ = "quarantine"
    __table_args__ = (
        Index("ix_quarantine_received_at", "received_at"),
        # Delivered again after a crash, or sent again and again: one row, counted.
        Index(
            "uq_quarantine_message",
            "topic",
            "sha256",
            "reason",
            unique=True,
            postgresql_where="replayed_at IS NULL",
        ),
        Index(
            "ix_quarantine_replay_wanted",
            "id",
            postgresql_where="replay_wanted_at IS NOT NULL AND replayed_at IS NULL",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    topic: Mapped[str]
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    """At most 64 KiB of it."""
    size: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str]
    detail: Mapped[str]
    received_at: Mapped[datetime]
    """When it last came."""
    times: Mapped[int] = mapped_column(default=1)
    replay_wanted_at: Mapped[datetime | None]
    """Somebody mended what was wrong: the ingest process takes it once more."""
    replayed_at: Mapped[datetime | None]
