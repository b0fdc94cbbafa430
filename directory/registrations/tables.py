"""Registrations, their papers, who people really are, codes sent, and changes of name."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import EnterpriseId, InstitutionId, PersonId, new_id


class PersonIdentity(Base):
    """Who a person really is, sealed under the person's own key; lists show masks only."""

    __tablename__ = "person_identities"

    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"), primary_key=True)
    real_name: Mapped[bytes] = mapped_column(LargeBinary)
    identity_number: Mapped[bytes] = mapped_column(LargeBinary)
    identity_index: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    phone: Mapped[bytes] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    email: Mapped[bytes] = mapped_column(LargeBinary)
    email_index: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id"))


class Registration(Base):
    """One application to use the platform, and what became of it."""

    __tablename__ = "registrations"
    __table_args__ = (
        CheckConstraint("kind IN ('ordinary', 'enterprise', 'institution')", name="kind"),
        Index("ix_registrations_person_id", "person_id"),
        Index(
            "ix_registrations_waiting",
            "submitted_at",
            postgresql_where=text("state = 'submitted'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str]
    state: Mapped[str]
    organisation: Mapped[str]
    credit_code: Mapped[str]
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id"))
    first_handler_id: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id"))
    """首问负责: who took it up first answers for it."""
    remarks: Mapped[list[Any]]
    """What the last review found, item by item: paper or field, and what is wrong."""
    enterprise_id: Mapped[EnterpriseId | None] = mapped_column(ForeignKey("enterprises.id"))
    institution_id: Mapped[InstitutionId | None] = mapped_column(ForeignKey("institutions.id"))


class RegistrationPaper(Base):
    """A paper handed in with a registration, or why there is none."""

    __tablename__ = "registration_papers"
    __table_args__ = (
        CheckConstraint("(file_id IS NULL) <> (lacking_because IS NULL)", name="file_or_reason"),
    )

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"), primary_key=True)
    paper: Mapped[str] = mapped_column(primary_key=True)
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    lacking_because: Mapped[str | None]
    handed_in_at: Mapped[datetime]


class Confirmation(Base):
    """A code sent to a phone or a mailbox. The address is kept as a blind index only."""

    __tablename__ = "confirmations"
    __table_args__ = (Index("ix_confirmations_address", "address_index", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[str]
    address_index: Mapped[bytes] = mapped_column(LargeBinary)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class Message(Base):
    """Something to be sent after the commit; address and text are sealed, and gone once sent."""

    __tablename__ = "messages"
    __table_args__ = (
        Index(
            "ix_messages_waiting",
            "created_at",
            postgresql_where=text("sent_at IS NULL AND given_up_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[str]
    address: Mapped[bytes | None] = mapped_column(LargeBinary)
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]


class NameChange(Base):
    """An enterprise's report that its name changed."""

    __tablename__ = "name_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    enterprise_id: Mapped[EnterpriseId] = mapped_column(ForeignKey("enterprises.id"), index=True)
    former_name: Mapped[str]
    new_name: Mapped[str]
    changed_on: Mapped[date] = mapped_column(Date)
    submitted_at: Mapped[datetime]
    submitted_by: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    is_late: Mapped[bool]
    """Reported after the month that WX 7.1.1.5 gives."""
    licence_file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"))
    other_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    state: Mapped[str]
    remark: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id"))
