"""Institutions: what they are, how they entered, and what they are qualified for."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import InstitutionId, PersonId, new_id


class Institution(Base):
    """Owns instruments, does tests, and answers for both."""

    __tablename__ = "institutions"
    __table_args__ = (
        CheckConstraint("state IN ('applying', 'active', 'suspended', 'exited')", name="state"),
    )

    id: Mapped[InstitutionId] = mapped_column(primary_key=True, default=new_id)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    time_zone: Mapped[str] = mapped_column(default="Asia/Shanghai")
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="active", server_default="active")
    state_reason: Mapped[str] = mapped_column(default="", server_default="")
    credit_code: Mapped[str | None] = mapped_column(unique=True)
    presence: Mapped[str] = mapped_column(default="online", server_default="online")
    """online, or offline: at a window of the platform."""
    agreement_signed_on: Mapped[date | None] = mapped_column(Date)
    agreement_version: Mapped[str | None]
    agreement_signed_by: Mapped[PersonId | None]
    """The institution's manager who signed; kept even when they leave."""


class InstitutionCheck(Base):
    """What was found at one of the three checks; the newest counts."""

    __tablename__ = "institution_checks"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"), index=True)
    check: Mapped[str]
    passed: Mapped[bool]
    note: Mapped[str]
    by_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]


class InstitutionQualification(Base):
    """A certificate with its scope and the days it holds."""

    __tablename__ = "institution_qualifications"
    __table_args__ = (
        CheckConstraint("valid_from <= valid_to", name="span"),
        UniqueConstraint("institution_id", "kind", "number", "valid_from"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"))
    kind: Mapped[str]
    number: Mapped[str]
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date] = mapped_column(Date)
    scope: Mapped[list[Any]]
    """What it covers, item by item: object, parameter, method, range."""
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Post(Base):
    """A post of one of an institution's people, trained for before it began (GZ 4.5)."""

    __tablename__ = "posts"
    __table_args__ = (
        CheckConstraint("trained_on <= starts_on", name="trained_before"),
        # The post is at the institution its person is of.
        ForeignKeyConstraint(
            ["person_id", "institution_id"], ["people.id", "people.institution_id"]
        ),
    )

    person_id: Mapped[PersonId] = mapped_column(primary_key=True)
    institution_id: Mapped[InstitutionId] = mapped_column(index=True)
    title: Mapped[str]
    trained_on: Mapped[date] = mapped_column(Date)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
