"""People, their roles, and the sign-ins that prove who is asking."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.database import Base
from foundation.identifiers import EnterpriseId, InstitutionId, PersonId, new_id


class Person(Base):
    """Someone with an account, acting for an enterprise, an institution or the platform."""

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("enterprise_id IS NULL OR institution_id IS NULL", name="one_tenant"),
    )

    id: Mapped[PersonId] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    password_hash: Mapped[str]
    enterprise_id: Mapped[EnterpriseId | None] = mapped_column(ForeignKey("enterprises.id"))
    institution_id: Mapped[InstitutionId | None] = mapped_column(ForeignKey("institutions.id"))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    roles: Mapped[list["RoleAssignment"]] = relationship(lazy="selectin")


class RoleAssignment(Base):
    """One role of one person; where it holds follows from whom the person acts for."""

    __tablename__ = "role_assignments"

    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    assigned_at: Mapped[datetime]


class SignIn(Base):
    """One signed-in browser. The cookie holds the token; here is only its hash."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_person_id", "person_id"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    user_agent: Mapped[str]
