"""What is known of each file; its content is elsewhere, sealed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import EnterpriseId, InstitutionId, PersonId, new_id


class StoredFile(Base):
    """One file somebody handed in. Its key in the store says nothing of its content."""

    __tablename__ = "files"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id"), index=True)
    enterprise_id: Mapped[EnterpriseId | None] = mapped_column(ForeignKey("enterprises.id"))
    institution_id: Mapped[InstitutionId | None] = mapped_column(ForeignKey("institutions.id"))
    subject_id: Mapped[UUID]
    """Whose data key seals it."""
    purpose: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    store_key: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
