"""What happens to somebody's reservation is told them, and what comes up is told before."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.notices.occasions import Occasion
from booking.notices.queries import list_occasions
from booking.notices.service import tell
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that every occasion to tell somebody something has its notice, and only one."""

    def write(session: Session, occasion: Occasion) -> bool:
        tell(session, occasion, now=now)
        return True

    return reconcile(sessions, lambda session: list_occasions(session, now=now), write)
