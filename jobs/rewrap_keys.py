"""After a change of the deployment's secret, all that it sealed is sealed by the new one."""

from datetime import datetime

from directory.privacy.vault import Vault
from directory.registrations.confirmations import rewrap_waiting
from directory.registrations.identities import index_identities
from foundation.database import SessionFactory
from foundation.encryption import open_key_ring
from foundation.settings import Settings
from jobs.reconciling import Outcome
from telemetry.alarms.setup import rewrap_secrets


def run(sessions: SessionFactory, now: datetime) -> Outcome:  # noqa: ARG001 - jobs take the time
    """Ensures that a former secret can be thrown away some minutes after it was replaced."""
    ring = open_key_ring(Settings.read())
    outcome = Outcome()
    while True:
        with sessions() as session, session.begin():
            vault = Vault(session, ring)
            subjects = vault.rewrap()
            index_identities(vault, subjects)
            done = len(subjects) + rewrap_secrets(session, ring) + rewrap_waiting(session, ring)
        if not done:
            return outcome
        outcome.found += done
        outcome.changed += done
