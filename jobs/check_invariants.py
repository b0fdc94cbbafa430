"""What must always hold is looked at every few minutes, and said aloud where it does not."""

from datetime import datetime

from sqlalchemy import text

import billing.invariants
import booking.invariants
from foundation.database import SessionFactory
from foundation.logs import get_log
from jobs.reconciling import Outcome

log = get_log("jobs")

INVARIANTS = {**booking.invariants.INVARIANTS, **billing.invariants.INVARIANTS}


def run(sessions: SessionFactory, now: datetime) -> Outcome:  # noqa: ARG001 - a job's shape
    """Ensures that a broken invariant is known: it is logged as an error, with its first rows."""
    outcome = Outcome()
    for name, query in INVARIANTS.items():
        outcome.found += 1
        with sessions() as session, session.begin():
            session.execute(text("SET TRANSACTION READ ONLY"))
            rows = session.execute(text(query)).fetchmany(5)
        if rows:
            outcome.failed += 1
            log.error("invariant broken", invariant=name, rows=[str(tuple(row)) for row in rows])
        else:
            outcome.already_done += 1
    return outcome
