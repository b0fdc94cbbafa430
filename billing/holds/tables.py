"""Money set aside for reservations, at a price that is frozen with it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import EnterpriseId, InstitutionId, ReservationId, TariffId, new_id


class FundsHold(Base):
    """An amount an institution sets aside from what an enterprise has with it."""

    __tablename__ = "funds_holds"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0 AND captured_fen >= 0", name="amounts"),
        CheckConstraint("captured_fen <= amount_fen + deposit_fen", name="captured_of_it"),
        CheckConstraint("deposit_fen >= 0", name="deposit"),
        CheckConstraint("state IN ('held', 'captured', 'released')", name="state"),
        CheckConstraint("(state = 'held') = (resolved_at IS NULL)", name="resolved_once"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reservation_id: Mapped[ReservationId] = mapped_column(
        ForeignKey("reservations.id"), unique=True
    )
    enterprise_id: Mapped[EnterpriseId] = mapped_column(ForeignKey("enterprises.id"), index=True)
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"))
    tariff_id: Mapped[TariffId | None] = mapped_column(ForeignKey("tariffs.id"))
    """The price version frozen at confirmation; none where the price is not known yet."""
    amount_fen: Mapped[int]
    """The estimate."""
    deposit_fen: Mapped[int] = mapped_column(default=0)
    """押金: what is set aside beside it, for what the estimate does not cover."""
    captured_fen: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str]
    state: Mapped[str] = mapped_column(default="held")
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]


class CreditLine(Base):
    """How much an institution lets an enterprise have held and unpaid at once."""

    __tablename__ = "credit_lines"
    __table_args__ = (CheckConstraint("limit_fen >= 0", name="limit"),)

    institution_id: Mapped[InstitutionId] = mapped_column(
        ForeignKey("institutions.id"), primary_key=True
    )
    enterprise_id: Mapped[EnterpriseId] = mapped_column(
        ForeignKey("enterprises.id"), primary_key=True
    )
    limit_fen: Mapped[int]
    updated_at: Mapped[datetime]
