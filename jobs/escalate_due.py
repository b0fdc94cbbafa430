"""Who answers for a due date is told as it comes near, and who answers for them when it passes."""

from datetime import datetime

from directory.workdays.service import escalate
from foundation.database import SessionFactory
from jobs.reconciling import Outcome


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that no due date passes unseen."""
    with sessions() as session, session.begin():
        risen = escalate(session, now=now)
    return Outcome(found=len(risen), changed=len(risen))
