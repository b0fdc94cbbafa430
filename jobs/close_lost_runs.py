"""A run whose stop never came is closed where its evidence ends."""

from datetime import datetime

from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile
from telemetry.runs.rules import LOST_AFTER
from telemetry.runs.service import build_runs, find_silent


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that no run stays open long after its device fell silent.

    A device that is away may only be unable to tell, and is given a day; whatever comes
    later still corrects the run.
    """
    return reconcile(
        sessions,
        lambda session: find_silent(session, since=now - LOST_AFTER),
        lambda session, silent: build_runs(session, [silent], now=now) > 0,
    )
