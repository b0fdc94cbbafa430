"""Single readings are kept for a year; rollups, events and runs for good."""

from datetime import datetime, timedelta

import psycopg
from sqlalchemy import text

from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile
from telemetry.readings.service import drop_partition, is_partitioned, list_partitions

KEPT = timedelta(days=366)


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that days of readings older than a year are gone, one at a time."""
    with sessions() as session, session.begin():
        raw = session.connection().connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        is_ours = is_partitioned(raw)
    if not is_ours:
        with sessions() as session, session.begin():
            dropped = session.execute(
                text("SELECT drop_chunks('readings', older_than => :before)"),
                {"before": now - KEPT},
            ).all()
        return Outcome(found=len(dropped), changed=len(dropped))
    return reconcile(
        sessions,
        lambda session: list_partitions(session, before=(now - KEPT).date()),
        drop_partition,
    )
