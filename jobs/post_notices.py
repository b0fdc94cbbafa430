"""Notices go to the mailboxes, and where it matters to the phones, of those who have one."""

from datetime import datetime

from directory.notices.posting import list_unposted, post_notice
from foundation.database import SessionFactory
from foundation.encryption import open_key_ring
from foundation.settings import Settings
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that every notice is handed to the sender of messages, once."""
    ring = open_key_ring(Settings.read())
    return reconcile(
        sessions,
        list_unposted,
        lambda session, key: post_notice(session, key, now=now, ring=ring),
    )
