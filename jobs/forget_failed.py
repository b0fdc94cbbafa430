"""Of whose registration nothing came, nothing is kept: no identity number, no papers."""

from datetime import datetime

from sqlalchemy.orm import Session

from directory.privacy.erasing import forget_failed, list_failed
from directory.privacy.vault import Vault
from foundation.database import SessionFactory
from foundation.encryption import open_key_ring
from foundation.identifiers import PersonId
from foundation.settings import Settings
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that who was turned down, or never handed in, is forgotten after a while."""
    ring = open_key_ring(Settings.read())

    def forget(session: Session, person_id: PersonId) -> bool:
        return forget_failed(Vault(session, ring), person_id, now=now)

    return reconcile(sessions, lambda session: list_failed(session, now=now), forget)
