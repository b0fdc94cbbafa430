"""Writing the audit trail, in the transaction of the act."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation.identifiers import PersonId

# Nothing is read back, so that who may not read the trail may still add to it. As text, so
# that a verb may send it along with a statement of its own.
ADD = """
INSERT INTO audit_entries (at, actor_id, action, subject_kind, subject_id, detail)
VALUES (:at, :actor_id, :action, :subject_kind, :subject_id, CAST(:detail AS jsonb))
"""
ADD_ALONE = text(ADD)


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
        ADD_ALONE,
        {
            "at": now,
            "actor_id": actor_id,
            "action": action,
            "subject_kind": subject_kind,
            "subject_id": str(subject_id),
            "detail": json.dumps(detail),
        },
    )
