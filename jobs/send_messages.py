"""Codes and notices reach phones and mailboxes after the commit that asked for them."""

from datetime import datetime

from directory.registrations.confirmations import list_waiting, send_one
from directory.registrations.senders import make_senders
from foundation.database import SessionFactory
from foundation.encryption import open_key_ring
from foundation.settings import Settings
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that every message is sent, or given up after some tries; its text is then gone."""
    settings = Settings.read()
    ring = open_key_ring(settings)
    senders = make_senders(settings.smtp_url.get_secret_value(), settings.mail_from)
    return reconcile(
        sessions,
        list_waiting,
        lambda session, key: send_one(session, key, send=senders.send, now=now, ring=ring),
    )
