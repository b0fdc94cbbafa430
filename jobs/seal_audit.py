"""New audit entries are linked to the chain, and its head is kept outside the database."""

from datetime import datetime

from directory.audit.sealing import read_head, seal_new, write_anchor
from foundation.database import SessionFactory
from foundation.encryption import open_key_ring
from foundation.settings import Settings
from jobs.reconciling import Outcome


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that the audit trail cannot be changed, cut or added to unseen."""
    with sessions() as session, session.begin():
        sealed = seal_new(session, now=now)
    outcome = Outcome(found=sealed, changed=sealed)
    with sessions() as session, session.begin():
        head = read_head(session)
    # Only what is committed is anchored: a head that was rolled back would accuse nobody.
    settings = Settings.read()
    keys = open_key_ring(settings).index_keys("audit anchors")
    write_anchor(settings.audit_anchors_path, head, keys=keys, now=now)
    return outcome
