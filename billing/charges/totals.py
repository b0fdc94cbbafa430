"""What usage sessions were charged, for statistics."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.charges.tables import Charge
from foundation.identifiers import UsageSessionId


def fees_of(
    session: Session, usage_session_ids: Sequence[UsageSessionId]
) -> dict[UsageSessionId, int]:
    """Return each session's charge in fen; what is not charged yet is left out."""
    rows = session.execute(
        select(Charge.usage_session_id, func.sum(Charge.amount_fen))
        .where(Charge.usage_session_id == func.any(list(usage_session_ids)))
        .group_by(Charge.usage_session_id)
    )
    return {key: int(fen) for key, fen in rows if key is not None}
