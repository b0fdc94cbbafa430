"""Charges: a ledger that only grows."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import (
    ChargeId,
    EnterpriseId,
    InstitutionId,
    ReservationId,
    TariffId,
    UsageSessionId,
    new_id,
)


class Charge(Base):
    """One priced line, with the tariff and the facts it came from. Never edited."""

    __tablename__ = "charges"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0 AND billed_seconds >= 0", name="not_negative"),
        CheckConstraint("kind IN ('usage', 'labour', 'late_cancel', 'no_show')", name="kind"),
        CheckConstraint(
            "(kind IN ('usage', 'labour')) = (usage_session_id IS NOT NULL)", name="kind_of_use"
        ),
        UniqueConstraint("usage_session_id", "kind"),
        Index(
            "uq_charges_fee",
            "reservation_id",
            "kind",
            unique=True,
            postgresql_where="usage_session_id IS NULL",
        ),
    )

    id: Mapped[ChargeId] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(default="usage")
    """usage, labour, or a fee: late_cancel, no_show."""
    usage_session_id: Mapped[UsageSessionId | None] = mapped_column(ForeignKey("usage_sessions.id"))
    reservation_id: Mapped[ReservationId | None] = mapped_column(
        ForeignKey("reservations.id"), index=True
    )
    enterprise_id: Mapped[EnterpriseId] = mapped_column(ForeignKey("enterprises.id"), index=True)
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"), index=True)
    tariff_id: Mapped[TariffId] = mapped_column(ForeignKey("tariffs.id"))
    billed_seconds: Mapped[int]
    amount_fen: Mapped[int]
    currency: Mapped[str]
    rule: Mapped[dict[str, Any]]
    """The tariff as it stood, and the version of the arithmetic."""
    evidence: Mapped[list[Any]]
    """The device events the time was counted from."""
    created_at: Mapped[datetime]
