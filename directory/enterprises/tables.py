"""The enterprises table."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import EnterpriseId, new_id


class Enterprise(Base):
    """A client: it asks, uses and pays."""

    __tablename__ = "enterprises"

    id: Mapped[EnterpriseId] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    created_at: Mapped[datetime]
