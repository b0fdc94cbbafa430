"""Writing the audit trail, in the transaction of the act."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from directory.audit.tables import AuditEntry
from foundation.database import Base
from foundation.identifiers import PersonId

# Built once. Inline: nothing is read back, so that who may not read the trail may still add
# to it.
ADD = insert(Base.metadata.tables[AuditEntry.__tablename__]).inline()


def record(
    session: Session,
    *,
    actor_id: PersonId | None,
    action: str,
    subject_kind: str,
    subject_id: object,
    now: datetime,
    **detail: Any,  # noqa: ANN401 - whatever JSON says best
) -> None:
    """Add one entry. `detail` carries no personal data: ids, states and amounts only."""
    session.connection().execute(
        ADD,
        {
            "at": now,
            "actor_id": actor_id,
            "action": action,
            "subject_kind": subject_kind,
            "subject_id": str(subject_id),
            "detail": detail,
        },
    )
