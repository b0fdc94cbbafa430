"""The audit trail."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import PersonId


class AuditEntry(Base):
    """One act on one thing, written in the transaction of the act."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject_kind", "subject_id"),
        Index("ix_audit_entries_actor_id", "actor_id"),
        Index("ix_audit_entries_at", "at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[PersonId | None]
    """None: the platform itself, by a job."""
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    detail: Mapped[dict[str, Any]]


class AuditSeal(Base):
    """An entry's link in the chain; written by a job, some seconds after the entry."""

    __tablename__ = "audit_seals"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entries.id"), unique=True)
    sealed_at: Mapped[datetime]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
