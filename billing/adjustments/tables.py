"""Adjustments: a ledger beside the charges, that only grows."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import (
    AdjustmentId,
    ChargeId,
    EnterpriseId,
    InstitutionId,
    PersonId,
    new_id,
)


class Adjustment(Base):
    """One line that makes a charge less, or sets it right: by whom, and why."""

    __tablename__ = "adjustments"
    __table_args__ = (
        CheckConstraint("kind IN ('waiver', 'correction')", name="kind"),
        CheckConstraint(
            "amount_fen <> 0 AND (kind = 'correction' OR amount_fen < 0)", name="amount"
        ),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: Mapped[AdjustmentId] = mapped_column(primary_key=True, default=new_id)
    charge_id: Mapped[ChargeId] = mapped_column(ForeignKey("charges.id"), index=True)
    enterprise_id: Mapped[EnterpriseId] = mapped_column(ForeignKey("enterprises.id"))
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"))
    kind: Mapped[str]
    """waiver: less is asked than is due; correction: what was charged was wrong."""
    amount_fen: Mapped[int]
    """What is added to the charge; a waiver takes away."""
    reason: Mapped[str]
    made_by: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
