"""Instruments without a counter have their runs told by the power they draw."""

from datetime import datetime

from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile
from telemetry.runs.watching import detect, list_detected


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that the runs of such devices are what their power shows."""
    return reconcile(
        sessions, list_detected, lambda session, device_id: detect(session, device_id, now=now)
    )
