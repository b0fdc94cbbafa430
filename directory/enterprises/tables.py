"""Enterprises, and the names they had."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import EnterpriseId, new_id


class Enterprise(Base):
    """A client: it asks, uses and pays."""

    __tablename__ = "enterprises"

    id: Mapped[EnterpriseId] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="firm", server_default="firm")
    """firm, or individual: one ordinary user, shown by the name they chose."""
    credit_code: Mapped[str | None] = mapped_column(unique=True)
    needs_endorsement: Mapped[bool] = mapped_column(default=False)
    """Whether its administrator says yes to what its members reserve, before the lab sees it."""
    created_at: Mapped[datetime]


class EnterpriseName(Base):
    """A name an enterprise had, from when to when; what was agreed under it keeps it."""

    __tablename__ = "enterprise_names"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    enterprise_id: Mapped[EnterpriseId] = mapped_column(ForeignKey("enterprises.id"), index=True)
    name: Mapped[str]
    valid_from: Mapped[date | None] = mapped_column(Date)
    """None: from the beginning."""
    valid_to: Mapped[date | None] = mapped_column(Date)
    """The first day it no longer held; None: it holds."""
