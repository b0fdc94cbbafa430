"""Questions about the quarantine: what lies in it."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from telemetry.quarantine.tables import QuarantinedMessage


def list_quarantined(
    session: Session,
    *,
    device_names: Sequence[str] | None = None,
    reason: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> Sequence[QuarantinedMessage]:
    """List what was set aside, newest first; of these devices, or of all."""
    found = select(QuarantinedMessage).where(QuarantinedMessage.replayed_at.is_(None))
    if device_names is not None:
        found = found.where(
            func.split_part(QuarantinedMessage.topic, "/", 3).in_(list(device_names))
        )
    if reason is not None:
        found = found.where(QuarantinedMessage.reason == reason)
    if before_id is not None:
        found = found.where(QuarantinedMessage.id < before_id)
    return session.scalars(found.order_by(QuarantinedMessage.id.desc()).limit(limit)).all()
