"""Credentials of the broker: only hashes, the former one for a day after a rotation."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import InstitutionId, PersonId


class BrokerCredential(Base):
    """What a device, or a gateway for its devices, connects to the broker with."""

    __tablename__ = "broker_credentials"

    username: Mapped[str] = mapped_column(primary_key=True)
    """The device's name, or the gateway's."""
    institution_id: Mapped[InstitutionId] = mapped_column(ForeignKey("institutions.id"), index=True)
    password_hash: Mapped[str]
    former_hash: Mapped[str | None]
    former_until: Mapped[datetime | None]
    made_at: Mapped[datetime]
    made_by: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id"))
    revoked_at: Mapped[datetime | None]
    untold: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The new password, sealed, until a broker that keeps its own accounts has been told it."""
