"""Policies, and what a person or an enterprise brings to satisfy them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import EnterpriseId, InstitutionId, InstrumentId, PersonId, new_id


class Policy(Base):
    """Terms of one institution, of one group of its instruments, or of one instrument."""

    __tablename__ = "booking_policies"
    __table_args__ = (
        CheckConstraint("group_code IS NULL OR instrument_id IS NULL", name="one_scope"),
        Index(
            "uq_booking_policies_scope",
            "institution_id",
            "group_code",
            "instrument_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"))
    group_code: Mapped[str | None]
    instrument_id: Mapped[InstrumentId | None] = mapped_column(
        ForeignKey("instruments.id"), index=True
    )
    terms: Mapped[dict[str, Any]]
    """What it says and nothing more; the narrower scope wins where both speak."""
    version: Mapped[int] = mapped_column(default=1)
    updated_by: Mapped[PersonId | None]
    updated_at: Mapped[datetime]


class Qualification(Base):
    """That a person may work an instrument, a group or all of an institution's by themselves."""

    __tablename__ = "qualifications"
    __table_args__ = (
        CheckConstraint("group_code IS NULL OR instrument_id IS NULL", name="one_scope"),
        Index("ix_qualifications_person", "person_id", "institution_id"),
        # So that what is revoked is gone: no second one says the same.
        Index(
            "uq_qualifications_standing",
            "person_id",
            "institution_id",
            "instrument_id",
            "group_code",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where="revoked_at IS NULL",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"))
    instrument_id: Mapped[InstrumentId | None] = mapped_column(ForeignKey("instruments.id"))
    group_code: Mapped[str | None]
    valid_until: Mapped[date]
    """The last day it holds."""
    granted_by: Mapped[PersonId | None]
    granted_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_for: Mapped[str | None]
    """Why, in the words of whoever revoked it."""


class Agreement(Base):
    """That an enterprise signed an institution's agreement on the use of its instruments."""

    __tablename__ = "lease_agreements"

    enterprise_id: Mapped[EnterpriseId] = mapped_column(
        ForeignKey("enterprises.id"), primary_key=True
    )
    institution_id: Mapped[InstitutionId] = mapped_column(
        ForeignKey("institutions.id"), primary_key=True
    )
    signed_at: Mapped[datetime]
    signed_by: Mapped[PersonId | None]
    valid_until: Mapped[date]
