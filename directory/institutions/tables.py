"""The institutions table."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.identifiers import InstitutionId, new_id


class Institution(Base):
    """Owns instruments, does tests, and answers for both."""

    __tablename__ = "institutions"

    id: Mapped[InstitutionId] = mapped_column(primary_key=True, default=new_id)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    time_zone: Mapped[str] = mapped_column(default="Asia/Shanghai")
    created_at: Mapped[datetime]
