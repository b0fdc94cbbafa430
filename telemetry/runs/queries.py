"""Questions about runs: which there were, and the events behind each."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId
from telemetry.events.tables import DeviceEvent
from telemetry.runs.tables import Run


def runs_between(
    session: Session, device_id: DeviceId, since: datetime, until: datetime, *, limit: int = 500
) -> Sequence[Run]:
    """List the runs that touch a time, oldest first; an open one touches all that follows."""
    return session.scalars(
        select(Run)
        .where(
            Run.device_id == device_id,
            Run.started_at < until,
            or_(Run.ended_at.is_(None), func.coalesce(Run.ended_at, Run.last_at) > since),
        )
        .order_by(Run.started_at)
        .limit(limit)
    ).all()


def events_of(session: Session, run: Run) -> Sequence[DeviceEvent]:
    """List the events a run rests on, in the order they happened."""
    return session.scalars(
        select(DeviceEvent)
        .where(DeviceEvent.device_id == run.device_id, DeviceEvent.session == run.session)
        .order_by(DeviceEvent.at, DeviceEvent.seq)
    ).all()
