"""Content that belongs to no file goes: of uploads that were cut off, and of files erased."""

from datetime import datetime

from directory.files.orphans import find_orphans
from directory.files.places import open_store
from foundation.database import SessionFactory
from foundation.settings import Settings
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that a day after an upload failed, or a file was erased, nothing is kept of it."""
    store = open_store(Settings.read())

    def remove(_session: object, key: str) -> bool:
        store.remove(key)
        return True

    return reconcile(sessions, lambda session: find_orphans(session, store, now=now), remove)
