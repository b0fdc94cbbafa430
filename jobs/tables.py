"""Which job did what was due when: the row that makes a second runner harmless."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class JobRun(Base):
    """Inserted in the transaction of the effect, so that it happens once."""

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(primary_key=True)
    scheduled_for: Mapped[datetime] = mapped_column(primary_key=True)
    finished_at: Mapped[datetime]
    outcome: Mapped[dict[str, Any]]
