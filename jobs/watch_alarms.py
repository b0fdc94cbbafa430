"""Readings are compared with what institutions want to be told of."""

from datetime import datetime

from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile
from telemetry.alarms.watching import list_watched, watch


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that the alarms on record are what readings show, late ones included."""
    return reconcile(
        sessions, list_watched, lambda session, watched: watch(session, watched, now=now)
    )
