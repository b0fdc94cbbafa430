"""What an enterprise owes an institution past its due day."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import EnterpriseId, InstitutionId, PersonId, new_id


class Arrears(Base):
    """One overdue bill; while it is not settled, the institution takes no new reservation."""

    __tablename__ = "arrears"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        Index(
            "ix_arrears_open",
            "enterprise_id",
            "institution_id",
            postgresql_where="settled_at IS NULL",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"))
    enterprise_id: Mapped[EnterpriseId] = mapped_column(ForeignKey("enterprises.id"))
    amount_fen: Mapped[int]
    due_on: Mapped[date]
    reason: Mapped[str]
    """Which bill it is, in the words of who noted it."""
    noted_by: Mapped[PersonId | None]
    noted_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
