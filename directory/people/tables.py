"""People, their roles, and the sign-ins that prove who is asking."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.database import Base
from foundation.identifiers import EnterpriseId, InstitutionId, PersonId, StationId, new_id


class Person(Base):
    """Someone with an account, acting for an enterprise, an institution or the platform."""

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(enterprise_id, institution_id, station_id) <= 1", name="one_tenant"
        ),
        # What a row of a tenant's refers to, so that both are of the same tenant.
        UniqueConstraint("id", "institution_id"),
        UniqueConstraint("id", "station_id"),
    )

    id: Mapped[PersonId] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    password_hash: Mapped[str]
    enterprise_id: Mapped[EnterpriseId | None] = mapped_column(ForeignKey("enterprises.id"))
    institution_id: Mapped[InstitutionId | None] = mapped_column(ForeignKey("institutions.id"))
    station_id: Mapped[StationId | None] = mapped_column(ForeignKey("stations.id"))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    password_changed_at: Mapped[datetime | None]
    """None: never since the account was made."""
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Somebody else chose it: it opens nothing but its change."""

    roles: Mapped[list["RoleAssignment"]] = relationship(lazy="selectin")


class RoleAssignment(Base):
    """One role of one person; where it holds follows from whom the person acts for."""

    __tablename__ = "role_assignments"

    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    assigned_at: Mapped[datetime]


class LinkedAccount(Base):
    """Who a person is to an OpenID provider: the one subject that signs in as them."""

    __tablename__ = "linked_accounts"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        UniqueConstraint("person_id", "issuer"),
        # What a sign-in refers to, so that both are of the same person.
        UniqueConstraint("id", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    issuer: Mapped[str]
    subject: Mapped[str]
    linked_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInTrip(Base):
    """One browser's trip to the provider and back. The cookie holds the secret."""

    __tablename__ = "sign_in_trips"

    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    to_path: Mapped[str]
    """Where the person was going."""
    linking_id: Mapped[UUID | None] = mapped_column(ForeignKey("sign_ins.id"))
    """The sign-in that began it to link its account; None: somebody signs in."""
    expires_at: Mapped[datetime]
    proven_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("linked_accounts.id", ondelete="CASCADE")
    )
    """It came back, and this is who the provider says it is: our second factor is wanting."""


class SignIn(Base):
    """One signed-in browser. The cookie holds the token; here is only its hash."""

    __tablename__ = "sign_ins"
    __table_args__ = (
        Index("ix_sign_ins_person_id", "person_id"),
        # What unlinking looks for; few sign-ins come that way.
        Index(
            "ix_sign_ins_linked_account_id",
            "linked_account_id",
            postgresql_where=text("linked_account_id IS NOT NULL"),
        ),
        ForeignKeyConstraint(
            ["linked_account_id", "person_id"],
            ["linked_accounts.id", "linked_accounts.person_id"],
            ondelete="SET NULL (linked_account_id)",
        ),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    id: Mapped[UUID] = mapped_column(default=new_id, unique=True)
    """What the list of one's devices shows; says nothing of the token."""
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    user_agent: Mapped[str]
    address: Mapped[str] = mapped_column(default="", server_default="")
    with_second_factor: Mapped[bool] = mapped_column(default=False, server_default="false")
    linked_account_id: Mapped[UUID | None]
    """By whose word, where it was a provider's; None: by password."""


class AccessToken(Base):
    """A program's right to act as a person, within its scopes. Only the token's hash is kept."""

    __tablename__ = "access_tokens"
    __table_args__ = (Index("ix_access_tokens_person_id", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str]
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SecondFactor(Base):
    """A person's authenticator: the shared secret, sealed under the person's data key."""

    __tablename__ = "second_factors"

    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    """None: shown, but no code was ever given; not asked for yet."""
    last_step: Mapped[int] = mapped_column(default=0)
    """The newest time step whose code was used: a code works once."""


class RecoveryCode(Base):
    """A way in without the authenticator, for one use."""

    __tablename__ = "recovery_codes"

    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used_at: Mapped[datetime | None]
